//! Runs flumen pipelines on worker nodes, through Beam's portability protocols: not there yet.
