//! The networks (ASN) of addresses, from a file in the MaxMind DB format.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use maxminddb::Reader;
use serde::Deserialize;
use whosends_core::answers;
use whosends_core::senders::Asn;

use crate::failure::Failure;
use crate::own_file;

/// How many entries are looked at to see whether a file is about networks at all.
const PROBED: usize = 1_000;
/// The longest name of a network that is kept, in characters.
const LONGEST: usize = 80;

/// Which network each address belongs to.
#[derive(Debug)]
pub(super) struct Networks {
    reader: Reader<Vec<u8>>,
    /// A digest of the file.
    edition: String,
    /// What was read, by where it lies in the file: many addresses share an entry.
    read: Mutex<HashMap<usize, Option<Asn>>>,
}

/// An entry, in the two forms that are in use.
#[derive(Deserialize)]
struct Entry<'a> {
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: Option<&'a str>,
    #[serde(borrow)]
    asn: Option<&'a str>,
    #[serde(borrow)]
    as_name: Option<&'a str>,
}

impl Entry<'_> {
    fn network(&self) -> Option<Asn> {
        let stated = || self.asn?.trim_start_matches("AS").parse().ok();
        let number = self.autonomous_system_number.or_else(stated)?;
        let name = self.autonomous_system_organization.or(self.as_name).map(str::trim);
        let name = name.filter(|name| !name.is_empty());
        Some(Asn { number, name: name.map(|name| name.chars().take(LONGEST).collect::<String>().into()) })
    }
}

impl Networks {
    /// Opens a file.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let failure = || Failure::new(format!("cannot use {} as a database of networks", path.display()));
        let hint =
            "`--asn-db` takes a file in the MaxMind DB format (.mmdb) that gives the AS number of addresses";
        let bytes = own_file::bytes(path, 1 << 10)
            .map_err(|error| Failure::new(format!("cannot read {}", path.display())).because(error))?;
        let mut digest = DefaultHasher::new();
        bytes.hash(&mut digest);
        let edition = format!("{:016x}", digest.finish());
        let reader =
            Reader::from_source(bytes).map_err(|_| failure().because("it is no MaxMind DB").hint(hint))?;
        let networks = Self { reader, edition, read: Mutex::default() };
        if !networks.has_numbers() {
            let kind = &networks.reader.metadata().database_type;
            return Err(failure().because(format!("it holds no AS numbers but `{kind}`")).hint(hint));
        }
        Ok(networks)
    }

    fn has_numbers(&self) -> bool {
        let Ok(entries) = self.reader.networks(Default::default()) else { return false };
        let mut entries = entries.take(PROBED).filter_map(Result::ok);
        entries
            .any(|entry| matches!(entry.decode::<Entry<'_>>(), Ok(Some(entry)) if entry.network().is_some()))
    }
}

impl answers::Networks for Networks {
    /// The network of an address. What the file does not tell, or tells in a way that can't be read, is not known.
    fn find(&self, address: IpAddr) -> Option<Asn> {
        let found = self.reader.lookup(address).ok()?;
        let at = found.offset()?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let network = read.entry(at).or_insert_with(|| found.decode::<Entry<'_>>().ok()??.network());
        network.clone()
    }

    fn edition(&self) -> Option<String> {
        Some(self.edition.clone())
    }
}
