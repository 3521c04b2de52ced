//! Where the data lies, and the line that tells the result.

use std::path::PathBuf;
use std::time::Instant;

use flumen::collection::Materialized;
use flumen::{Element, Pipeline, Result};
use flumen_local::Local;

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of SplitMix64.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The check of a pair, to be summed over all.
pub(crate) fn pair_check(key: u64, value: u64) -> u64 {
    mix(key.wrapping_mul(GAMMA).wrapping_add(value))
}

/// FNV-1a, 64 bits.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
}

/// A file of the data.
pub(crate) fn data(name: &str) -> PathBuf {
    let folder = std::env::var_os("FLUMEN_DATA").or_else(|| std::env::var_os("ANCHOR_DATA"));
    let cache =
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/flumen-peers/data");
    folder.map_or_else(cache, PathBuf::from).join(name)
}

/// What came out: how many rows, and their check.
pub(crate) struct Outcome {
    pub(crate) rows_in: u64,
    pub(crate) rows_out: u64,
    pub(crate) check: u64,
}

/// Runs a pipeline and tells its result, which is made of the only element of a collection.
pub(crate) fn run<T: Element>(
    workload: &str,
    pipeline: &Pipeline,
    checked: &Materialized<T>,
    outcome: impl FnOnce(T) -> Outcome,
    started: Instant,
) -> Result<()> {
    let threads = std::env::var("THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(2);
    let report = Local::new().parallelism(threads).run(pipeline)?.wait()?;
    let checked = report.read(checked)?.pop().ok_or("the pipeline made nothing")?;
    let Outcome { rows_in, rows_out, check } = outcome(checked);
    let seconds = started.elapsed().as_secs_f64();
    let line = format!(
        "{{\"peer\":\"flumen\",\"workload\":\"{workload}\",\"seconds\":{seconds:.3},\"load_s\":0.000,\
         \"rows\":{rows_in},\"rows_per_s\":{:.0},\"out\":{rows_out},\"check\":\"{check:016x}\"}}\n",
        rows_in as f64 / seconds
    );
    std::io::Write::write_all(&mut std::io::stdout().lock(), line.as_bytes())?;
    Ok(())
}
