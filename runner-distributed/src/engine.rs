//! The engines that run pipelines for us, and the options that Beam gives each of them.

use flumen::Options;
use flumen::pipeline::{OptionError, OptionSpec, OptionValues};

/// An engine on other machines, or in another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// Apache Flink, by its job server.
    Flink,
    /// Prism, Beam's own runner for one machine.
    Prism,
    /// Any job server of Beam.
    Portable,
    /// Apache Spark, by its job server.
    Spark,
    /// Google Cloud Dataflow.
    Dataflow,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Flink, Self::Prism, Self::Portable, Self::Spark, Self::Dataflow];

    /// What `--runner` calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flink => "flink",
            Self::Prism => "prism",
            Self::Portable => "portable",
            Self::Spark => "spark",
            Self::Dataflow => "dataflow",
        }
    }

    /// Its own options, called as in Beam's SDKs.
    #[must_use]
    pub fn options(self) -> Vec<OptionSpec> {
        match self {
            Self::Flink => [JobServer::specs(), Flink::specs()].concat(),
            Self::Prism | Self::Portable | Self::Spark => JobServer::specs(),
            Self::Dataflow => Dataflow::specs(),
        }
    }

    /// Reads its options.
    ///
    /// # Errors
    /// A value can't be read, or one that is required is missing.
    pub fn check(self, values: &OptionValues) -> Result<(), OptionError> {
        match self {
            Self::Flink => JobServer::from_values(values).and(Flink::from_values(values)).map(drop),
            Self::Prism | Self::Portable | Self::Spark => JobServer::from_values(values).map(drop),
            Self::Dataflow => Dataflow::from_values(values).map(drop),
        }
    }
}

/// The options of an engine that is reached through a job server: those of Beam's `PortableOptions`.
#[allow(dead_code)]
#[derive(Options)]
struct JobServer {
    /// Where the job server listens, as HOST:PORT.
    job_endpoint: Option<String>,
    /// Where files for the workers are staged, as HOST:PORT; without it the job server says where.
    artifact_endpoint: Option<String>,
    /// How workers are started: DOCKER, PROCESS, EXTERNAL or LOOPBACK.
    environment_type: Option<String>,
    /// What starts them: an image for DOCKER, a command as JSON for PROCESS, an address for EXTERNAL.
    environment_config: Option<String>,
    /// How many worker processes each of the engine's machines runs; 0: the engine decides.
    #[option(default = 1)]
    sdk_worker_parallelism: u32,
}

/// The options that Flink has beside those of its job server.
#[allow(dead_code)]
#[derive(Options)]
struct Flink {
    /// Flink's own address, as HOST:PORT.
    flink_master: Option<String>,
    /// How many parallel instances a step has; -1: as the cluster is set.
    #[option(default = -1)]
    parallelism: i32,
}

/// The options of Dataflow, which is reached through Google's own service.
#[allow(dead_code)]
#[derive(Options)]
struct Dataflow {
    /// The project that pays.
    project: Option<String>,
    /// Where the workers run.
    region: Option<String>,
    /// A folder in Cloud Storage for temporary files.
    temp_location: Option<String>,
    /// A folder in Cloud Storage for the files of the workers; without it, one in `temp_location`.
    staging_location: Option<String>,
    /// How many workers at most; 0: the service decides.
    #[option(default = 0)]
    max_num_workers: u32,
    /// The image that the workers run.
    sdk_container_image: Option<String>,
}
