//! The arguments of the programs that the Python scripts run.

/// What a program was started with.
#[derive(Debug)]
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn read() -> Self {
        Self(std::env::args().collect())
    }

    /// What stands behind a flag.
    pub(crate) fn value(&self, flag: &str) -> Option<&String> {
        let at = self.0.iter().position(|arg| arg == flag)?;
        self.0.get(at + 1)
    }

    /// The number that stands behind a flag.
    pub(crate) fn number(&self, flag: &str) -> Option<u64> {
        self.value(flag).map(|text| text.parse().unwrap())
    }
}
