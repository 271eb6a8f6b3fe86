//! Mail that others forge.

use std::net::Ipv4Addr;

use super::mail::{Mail, Whose};
use super::{Owner, Random};

/// A way of forging.
#[derive(Clone, Copy)]
pub(super) enum Attack {
    /// A few messages on most days, from anywhere.
    Drip { most: u64 },
    /// Much from one address for a few days.
    Burst { begins: u64, days: u64, messages: u64 },
    /// Much from many machines for some days.
    Botnet { begins: u64, days: u64, machines: u64 },
}

pub(super) fn some(random: &mut Random) -> Vec<Attack> {
    let mut attacks = vec![Attack::Drip { most: 1 + random.below(6) }];
    if random.below(3) == 0 {
        attacks.push(Attack::Burst {
            begins: random.below(170),
            days: 1 + random.below(4),
            messages: 200 + random.below(3_000),
        });
    }
    if random.below(3) == 0 {
        attacks.push(Attack::Botnet {
            begins: 20 + random.below(150),
            days: 2 + random.below(5),
            machines: 30 + random.below(60),
        });
    }
    attacks
}

impl Attack {
    pub(super) fn mail(self, random: &mut Random, owner: &Owner, day: u64) -> Vec<Mail> {
        match self {
            Self::Drip { most } => {
                (0..random.below(most + 1)).map(|_| anywhere(random, owner, 1, false)).collect()
            }
            Self::Burst { begins, days, messages } if (begins..begins + days).contains(&day) => {
                let address = Ipv4Addr::new(192, 0, 2, 222);
                vec![Mail { address, ..anywhere(random, owner, messages, true) }]
            }
            Self::Botnet { begins, days, machines } if (begins..begins + days).contains(&day) => {
                (0..machines).map(|_| anywhere(random, owner, 8, false)).collect()
            }
            Self::Burst { .. } | Self::Botnet { .. } => Vec::new(),
        }
    }
}

/// Forged mail from an address by chance, with the owner's return path or one of the forger's own.
fn anywhere(random: &mut Random, owner: &Owner, most: u64, foreign: bool) -> Mail {
    let address = Ipv4Addr::from_bits(0x6440_0000 + random.below(1 << 22) as u32);
    let (envelope_from, spf) = match foreign {
        true => ("bulk.stranger.example".to_owned(), "none"),
        false => (owner.domain.clone(), owner.spf_default()),
    };
    Mail {
        whose: Whose::Forged,
        address,
        count: 1 + random.below(most),
        header_from: owner.domain.clone(),
        envelope_from,
        spf,
        dkim: Vec::new(),
    }
}
