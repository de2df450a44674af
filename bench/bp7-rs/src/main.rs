//! The bp7 crate as the peer of `bench/codec.bench.ts`: builds the same bundle, encodes it and decodes it with verification.
//!
//! Takes one command a line on stdin and answers each with one line of JSON, so that the bench can alternate rounds of both sides:
//!
//! * `check PAYLOAD_BYTES HEX`: whether the bundle that the crate encodes has exactly the bytes HEX, whether it accepts them, and
//!   whether it reports a flipped bit in the blocks that have a CRC
//! * `encode PAYLOAD_BYTES TIMES`, `decode PAYLOAD_BYTES TIMES`: CPU seconds of this process for so many bundles
use bp7::bundle::{Block, Bundle};
use bp7::canonical::{
    CanonicalBlock, CanonicalData, new_bundle_age_block, new_canonical_block, new_payload_block,
    new_previous_node_block,
};
use bp7::crc::{CRC_32, CrcBlock, CrcValue};
use bp7::dtntime::CreationTimestamp;
use bp7::eid::EndpointID;
use bp7::flags::BlockControlFlags;
use bp7::primary::{PrimaryBlock, PrimaryBlockBuilder};
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Duration;

fn main() {
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("stdin can be read");
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words.as_slice() {
            ["check", size, hex] => check(number(size), hex),
            ["encode", size, times] => timed(number(times), encoder(number(size))),
            ["decode", size, times] => timed(number(times), decoder(number(size))),
            _ => panic!("unknown command: {line}"),
        };
        writeln!(out, "{answer}")
            .and_then(|()| out.flush())
            .expect("stdout can be written");
    }
}

fn number(word: &str) -> usize {
    word.parse().expect("a count")
}

fn ipn(node: u64, service: u64) -> EndpointID {
    EndpointID::with_ipn(node, service).expect("a valid ipn endpoint")
}

fn payload(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i.wrapping_mul(131) + 7) as u8).collect()
}

fn primary(sequence: u64) -> PrimaryBlock {
    PrimaryBlockBuilder::default()
        .crc(CrcValue::Crc32Empty)
        .destination(ipn(20, 2))
        .source(ipn(10, 1))
        .report_to(ipn(10, 0))
        .creation_timestamp(CreationTimestamp::with_time_and_seq(
            815_000_000_123,
            sequence,
        ))
        .lifetime(Duration::from_millis(3_600_000))
        .build()
        .expect("a primary block")
}

fn extensions() -> [CanonicalBlock; 3] {
    [
        new_previous_node_block(2, BlockControlFlags::empty(), ipn(12, 0)),
        new_bundle_age_block(3, BlockControlFlags::empty(), 1500),
        // The crate's own constructor for this block only makes counts of zero.
        new_canonical_block(10, 4, 0, CanonicalData::HopCount(32, 3)),
    ]
}

fn sample(size: usize) -> Bundle {
    let mut payload_block = new_payload_block(BlockControlFlags::empty(), payload(size));
    payload_block.set_crc_type(CRC_32);
    let [previous_node, age, hops] = extensions();
    Bundle::new(primary(0), vec![previous_node, age, hops, payload_block])
}

/// Accepted by the crate, CRCs included: `validate` is what checks them, `try_from` alone does not.
fn accepted(bytes: &[u8]) -> bool {
    Bundle::try_from(bytes).is_ok_and(|bundle| bundle.validate().is_ok())
}

fn check(size: usize, hex: &str) -> String {
    let own = sample(size).to_cbor();
    let own_hex: String = own.iter().map(|byte| format!("{byte:02x}")).collect();
    let damaged_reported = !protected(&own, size).any(|at| {
        let mut damaged = own.clone();
        damaged[at] ^= 1;
        accepted(&damaged)
    });
    format!(
        "{{\"bytesEqual\":{},\"accepted\":{},\"damagedReported\":{damaged_reported},\"hex\":\"{own_hex}\"}}",
        own_hex == hex,
        accepted(&own)
    )
}

/// Offsets under a CRC: all of the primary block, some hundreds of the payload, and all of the last CRC.
fn protected(bytes: &[u8], size: usize) -> impl Iterator<Item = usize> {
    let primary_end = 1 + primary(0).to_cbor().len();
    let payload_end = bytes.len() - 6;
    let some = (payload_end - size..payload_end).step_by(1 + size / 512);
    (1..primary_end)
        .chain(some)
        .chain(payload_end + 1..bytes.len() - 1)
}

/// Makes a bundle and encodes it. The payload block stays, since the crate owns payloads and would have to copy this one.
fn encoder(size: usize) -> impl FnMut(usize) -> usize {
    let mut bundle = sample(size);
    move |i| {
        bundle.primary = primary(i as u64);
        for (place, block) in bundle.canonicals.iter_mut().zip(extensions()) {
            *place = block;
        }
        black_box(bundle.to_cbor()).len()
    }
}

fn decoder(size: usize) -> impl FnMut(usize) -> usize {
    let bytes = sample(size).to_cbor();
    move |_| {
        let bundle = Bundle::try_from(black_box(bytes.as_slice())).expect("a bundle");
        bundle.validate().expect("a valid bundle");
        black_box(bundle).canonicals.len()
    }
}

fn timed(times: usize, mut work: impl FnMut(usize) -> usize) -> String {
    let before = cpu_seconds();
    let mut sum = 0;
    for i in 0..times {
        sum += work(i);
    }
    black_box(sum);
    format!("{{\"cpuSeconds\":{}}}", cpu_seconds() - before)
}

fn cpu_seconds() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a live timespec, and the call writes to nothing else.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0, "the CPU clock can be read");
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
