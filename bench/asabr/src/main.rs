//! A-SABR as the peer of `bench/routing.bench.ts`: loads the same contacts, answers the same queries, and measures itself.
//!
//! Takes one command a line on stdin and answers each with one line of JSON, so that the bench can alternate rounds of both sides.
//! Times are seconds, sizes bytes, rates bytes per second; nodes are numbered from 0 without gaps. Files have one record a line.
//!
//! * `load FILE`: contacts `FROM TO START END RATE LIGHT_TIME`; answers the counts of nodes and contacts
//! * `queries FILE`: queries `FROM TO AT SIZE`, in ascending order of AT
//! * `answers`: arrival and hops of each query, null where there is no route
//! * `search STEP`: CPU nanoseconds of every STEPth query, as the search of the router VolCgrHybridParenting
//! * `tree STEP`: CPU nanoseconds of a tree from every STEPth query's sender, as the search of the router SpsnHybridParenting
//! * `cached ROUTER FROM AT TIMES TO...`: mean CPU nanoseconds of TIMES routes of no size to each receiver, all from memory
//!
//! `search` and `tree` call what those routers call when their memory has no route: no memory, no booking, hence the same answer
//! each time. Contacts have the EVL manager, the cheapest.
use a_sabr::bundle::Bundle;
use a_sabr::contact::{Contact, ContactInfo};
use a_sabr::contact_manager::legacy::evl::EVLManager;
use a_sabr::contact_plan::ContactPlan;
use a_sabr::distance::sabr::SABR;
use a_sabr::multigraph::Multigraph;
use a_sabr::node::{Node, NodeInfo};
use a_sabr::node_manager::none::NoManagement;
use a_sabr::pathfinding::Pathfinding;
use a_sabr::pathfinding::hybrid_parenting::{HybridParentingPathExcl, HybridParentingTreeExcl};
use a_sabr::routing::aliases::{SpsnOptions, build_generic_router};
use a_sabr::types::NodeID;
use a_sabr::vertex::Vertex;
use std::cell::RefCell;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::rc::Rc;

type Graph = Rc<RefCell<Multigraph<NoManagement, EVLManager>>>;
type PathSearch = HybridParentingPathExcl<NoManagement, EVLManager, SABR>;
type TreeSearch = HybridParentingTreeExcl<NoManagement, EVLManager, SABR>;

/// One line of a plan file.
struct Record {
    from: NodeID,
    to: NodeID,
    start: f64,
    end: f64,
    rate: f64,
    light_time: f64,
}

/// A bundle and when it is ready.
struct Query {
    bundle: Bundle,
    at: f64,
}

#[derive(Default)]
struct Bench {
    records: Vec<Record>,
    graph: Option<Graph>,
    queries: Vec<Query>,
}

fn main() {
    let mut bench = Bench::default();
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("stdin can be read");
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words.as_slice() {
            ["load", file] => bench.load(file),
            ["queries", file] => bench.read_queries(file),
            ["answers"] => bench.answers(),
            ["search", step] => bench.timed(PathSearch::new(bench.graph()), number(step) as usize),
            ["tree", step] => bench.timed(TreeSearch::new(bench.graph()), number(step) as usize),
            ["cached", router, from, at, times, to @ ..] => {
                let to: Vec<NodeID> = to.iter().map(|word| number(word) as NodeID).collect();
                bench.cached(
                    router,
                    number(from) as NodeID,
                    number(at),
                    number(times) as usize,
                    &to,
                )
            }
            _ => panic!("unknown command: {line}"),
        };
        writeln!(out, "{answer}")
            .and_then(|()| out.flush())
            .expect("stdout can be written");
    }
}

impl Bench {
    fn load(&mut self, file: &str) -> String {
        self.records = lines(file)
            .map(|fields| Record {
                from: fields[0] as NodeID,
                to: fields[1] as NodeID,
                start: fields[2],
                end: fields[3],
                rate: fields[4],
                light_time: fields[5],
            })
            .collect();
        let (plan, nodes, contacts) = self.plan();
        let graph = Multigraph::new(plan).expect("a graph of the plan");
        self.graph = Some(Rc::new(RefCell::new(graph)));
        format!("{{\"nodes\":{nodes},\"contacts\":{contacts}}}")
    }

    fn plan(&self) -> (ContactPlan<NoManagement, EVLManager>, usize, usize) {
        let last = self
            .records
            .iter()
            .map(|record| record.from.max(record.to))
            .max();
        let vertices: Vec<_> = (0..=last.expect("a contact"))
            .map(|id| {
                let info = NodeInfo::from((id, id.to_string().into()));
                Vertex::INode(Node::try_new(info, NoManagement {}).expect("a node"))
            })
            .collect();
        let contacts: Vec<_> = self
            .records
            .iter()
            .filter_map(|record| {
                let info = ContactInfo::new(record.from, record.to, record.start, record.end);
                Contact::try_new(info, EVLManager::new(record.rate, record.light_time))
            })
            .collect();
        let counts = (vertices.len(), contacts.len());
        (
            ContactPlan::new(vertices, contacts, None),
            counts.0,
            counts.1,
        )
    }

    fn read_queries(&mut self, file: &str) -> String {
        self.queries = lines(file)
            .map(|fields| Query {
                bundle: bundle(fields[0] as NodeID, fields[1] as NodeID, fields[3]),
                at: fields[2],
            })
            .collect();
        format!("{{\"queries\":{}}}", self.queries.len())
    }

    fn graph(&self) -> Graph {
        self.graph.clone().expect("a plan is loaded")
    }

    /// Lets the graph find contacts from the first one on again: searches drop those that are over, and time only goes forward.
    fn rewind(&self) {
        for sender in &self.graph().borrow().senders {
            for receiver in &sender.receivers {
                *receiver.next.borrow_mut() = 0;
            }
        }
    }

    fn answers(&self) -> String {
        self.rewind();
        let mut search = PathSearch::new(self.graph());
        let answers: Vec<String> = self
            .queries
            .iter()
            .map(|Query { bundle, at }| {
                let found = search
                    .get_next(*at, bundle.source, bundle, &[])
                    .expect("a search");
                match &found.by_destination[bundle.destinations[0] as usize] {
                    Some(stage) => {
                        format!("[{},{}]", stage.borrow().at_time, stage.borrow().hop_count)
                    }
                    None => "null".to_string(),
                }
            })
            .collect();
        format!("[{}]", answers.join(","))
    }

    fn timed(&self, mut search: impl Pathfinding<NoManagement, EVLManager>, step: usize) -> String {
        self.rewind();
        let nanoseconds: Vec<u64> = self
            .queries
            .iter()
            .step_by(step)
            .map(|Query { bundle, at }| {
                let begin = cpu_nanoseconds();
                let found = search.get_next(*at, bundle.source, black_box(bundle), &[]);
                drop(black_box(found));
                cpu_nanoseconds() - begin
            })
            .collect();
        json(&nanoseconds)
    }

    fn cached(&self, router: &str, from: NodeID, at: f64, times: usize, to: &[NodeID]) -> String {
        let options = SpsnOptions {
            check_size: false,
            check_priority: false,
            max_entries: 10,
        };
        let mut router =
            build_generic_router(router, self.plan().0, Some(options)).expect("a router");
        let bundles: Vec<Bundle> = to.iter().map(|&to| bundle(from, to, 0.0)).collect();
        let mut route = |bundle: &Bundle| {
            let found = router.route(from, black_box(bundle), at, &[]);
            assert!(black_box(found).is_ok_and(|route| route.is_some()));
        };
        bundles.iter().for_each(&mut route);
        let begin = cpu_nanoseconds();
        for _ in 0..times {
            bundles.iter().for_each(&mut route);
        }
        let routes = times * to.len();
        format!("{}", (cpu_nanoseconds() - begin) as f64 / routes as f64)
    }
}

fn bundle(source: NodeID, to: NodeID, size: f64) -> Bundle {
    Bundle {
        source,
        destinations: vec![to],
        priority: 0,
        size,
        expiration: f64::MAX,
    }
}

fn lines(file: &str) -> impl Iterator<Item = Vec<f64>> {
    let text = std::fs::read_to_string(file).expect("a file of records");
    let records: Vec<Vec<f64>> = text
        .lines()
        .map(|line| line.split_whitespace().map(number).collect())
        .collect();
    records.into_iter()
}

fn number(word: &str) -> f64 {
    word.parse().expect("a number")
}

fn json(numbers: &[u64]) -> String {
    let words: Vec<String> = numbers.iter().map(u64::to_string).collect();
    format!("[{}]", words.join(","))
}

/// CPU time of this process.
fn cpu_nanoseconds() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a live timespec, and the call writes to nothing else.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0, "the CPU clock can be read");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
