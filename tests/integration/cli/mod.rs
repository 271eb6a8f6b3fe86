//! The binary, a module for each group of commands.

mod usage;
