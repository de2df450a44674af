/** What the report page does in the browser: its slider colours the links by the traffic of one stretch of time. */

/** The page's only script. It reads the data element and touches nothing outside of the page. */
export const PAGE_SCRIPT = `
(() => {
  const data = JSON.parse(document.getElementById('data').textContent).map;
  const slider = document.getElementById('moment');
  if (slider && data.links.length > 0) {
    const output = document.getElementById('moment-text');
    const play = document.getElementById('play');
    const steps = 6;
    const heat = (sent, most) => sent <= 0 ? 0 : Math.min(steps - 1, 1 + Math.floor((steps - 1.001) * (Math.log(sent + 1) / Math.log(most + 1)) ** 2));
    const links = data.links.map((link) => {
      const over = new Map();
      for (let i = 0; i < link.over.length; i += 2) over.set(link.over[i], link.over[i + 1]);
      return { path: document.getElementById(link.id), all: link.all, over, down: link.down };
    });
    const isDown = (pairs, at) => {
      for (let i = 0; i < pairs.length; i += 2) if (at >= pairs[i] && at <= pairs[i + 1]) return true;
      return false;
    };
    const words = (seconds) => (seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)) + ' s';
    const show = () => {
      const at = Number(slider.value) - 1;
      let total = 0;
      for (const link of links) {
        const sent = at < 0 ? link.all : link.over.get(at) || 0;
        total += sent;
        const always = link.down[0] === 0 && link.down[1] === data.buckets - 1;
        const down = sent === 0 && (at < 0 ? always : isDown(link.down, at));
        if (link.path) link.path.setAttribute('class', down ? 'is-down' : 'h' + heat(sent, at < 0 ? data.mostInAll : data.mostInBucket));
      }
      const when = at < 0 ? 'the whole run' : words(at * data.bucketSeconds) + ' to ' + words((at + 1) * data.bucketSeconds);
      output.textContent = when + ', ' + total.toLocaleString('en-US') + ' sent';
      slider.setAttribute('aria-valuetext', when);
    };
    let timer;
    const stop = () => { clearInterval(timer); timer = undefined; play.textContent = 'Play'; };
    play.addEventListener('click', () => {
      if (timer !== undefined) return stop();
      play.textContent = 'Stop';
      if (Number(slider.value) >= Number(slider.max)) slider.value = '0';
      timer = setInterval(() => {
        slider.value = String(Number(slider.value) + 1);
        show();
        if (Number(slider.value) >= Number(slider.max)) stop();
      }, 300);
    });
    slider.addEventListener('input', () => { if (timer !== undefined) stop(); show(); });
    document.getElementById('slider').hidden = false;
    show();
  }
  const copy = document.getElementById('copy');
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener('click', () => navigator.clipboard.writeText(document.getElementById('replay').textContent).then(
      () => { copy.textContent = 'Copied'; }, () => { copy.textContent = 'Copying is not allowed here'; }));
  }
})();
`;
