//! Files of this machine.
