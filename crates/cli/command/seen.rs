//! What the stored reports know of a domain that is checked.

use whosends_core::analysis::selectors::Selectors;
use whosends_core::answers::selectors as selectors_of;
use whosends_core::model::{Day, Name, Scope};
use whosends_core::store::{Location, Store};

use super::Context;
use crate::render::printable::printable;
use crate::streams::Streams;

/// The selectors of the names that the stored reports saw in the 90 days that end with the newest.
/// Where there is no database there are none; where it can't be read that is said, and the check goes on without.
pub(super) fn selectors(names: &[Name], context: &Context<'_>, streams: &mut Streams) -> Selectors {
    let Some(location @ Location::File(path)) = &context.settings.database else {
        return Selectors::default();
    };
    if !has_database(context) {
        return Selectors::default();
    }
    streams.detail(&printable(&format!("database: {}", path.display())));
    read(names, location, context.today).unwrap_or_else(|error| {
        let text = format!("the selectors that reports saw are left out: {error}");
        streams.warning(&printable(&text));
        Selectors::default()
    })
}

/// Whether there is a database that may know something.
pub(super) fn has_database(context: &Context<'_>) -> bool {
    matches!(&context.settings.database, Some(Location::File(path)) if path.exists())
}

fn read(names: &[Name], database: &Location, today: Day) -> whosends_core::error::Result<Selectors> {
    selectors_of(&Store::open_existing(database)?, &Scope::All, names, today)
}
