//! What the programs depend on.

pub(crate) struct Subject {
    pub(crate) name: &'static str,
    crates: &'static [Crate],
}

struct Crate {
    name: &'static str,
    from: From,
    /// As Cargo writes them, after where the crate is from.
    features: &'static str,
}

enum From {
    Registry(&'static str),
    /// A folder of this repository.
    Here,
}

use From::{Here, Registry};

/// An HTTP client with TLS in Rust and nothing more.
pub(crate) const YARDSTICK: Subject = Subject {
    name: "reqwest 0.13, `rustls` alone",
    crates: &[Crate {
        name: "reqwest",
        from: Registry("0.13"),
        features: ", default-features = false, features = [\"rustls\"]",
    }],
};

/// Ours with what a newcomer gets, and the others with the least that can call their service.
pub(crate) const SUBJECTS: [Subject; 10] = [
    Subject {
        name: "loop-client",
        crates: &[here("loop-client", "")],
    },
    Subject {
        name: "loop-client, a transport of your own",
        crates: &[here("loop-client", ", default-features = false")],
    },
    Subject {
        name: "ams-oms-client",
        crates: &[here("ams-oms-client", "")],
    },
    Subject {
        name: "ams-loop-bridge",
        crates: &[here("ams-loop-bridge", "")],
    },
    Subject {
        name: "ams-loop-bridge, a ledger of your own",
        crates: &[here("ams-loop-bridge", ", default-features = false")],
    },
    Subject {
        name: "all three",
        crates: &[
            here("loop-client", ""),
            here("ams-oms-client", ", features = [\"http\"]"),
            here("ams-loop-bridge", ""),
        ],
    },
    Subject {
        name: "octocrab 0.54",
        crates: &[of_others("octocrab", "0.54", "")],
    },
    Subject {
        name: "async-stripe 1.0.0-rc.10, `rustls`, with `customer`",
        crates: &[
            of_others(
                "async-stripe",
                "1.0.0-rc.10",
                ", default-features = false, features = [\"rustls-tls-native\", \"rustls-aws-lc-rs\"]",
            ),
            of_others(
                "async-stripe-core",
                "1.0.0-rc.10",
                ", features = [\"customer\"]",
            ),
        ],
    },
    Subject {
        name: "object_store 0.14, files alone",
        crates: &[of_others("object_store", "0.14", "")],
    },
    Subject {
        name: "object_store 0.14, `aws`",
        crates: &[of_others("object_store", "0.14", ", features = [\"aws\"]")],
    },
];

const fn here(name: &'static str, features: &'static str) -> Crate {
    Crate {
        name,
        from: Here,
        features,
    }
}

const fn of_others(name: &'static str, version: &'static str, features: &'static str) -> Crate {
    Crate {
        name,
        from: Registry(version),
        features,
    }
}

impl Subject {
    /// The lines of a manifest.
    pub(crate) fn manifest(&self) -> String {
        let line = |it: &Crate| {
            let from = match it.from {
                Registry(version) => format!("version = \"{version}\""),
                Here => format!("path = \"{}/../{}\"", env!("CARGO_MANIFEST_DIR"), it.name),
            };
            format!("{} = {{ {from}{} }}\n", it.name, it.features)
        };
        self.crates.iter().map(line).collect()
    }

    /// The crates' names as a program writes them.
    pub(crate) fn uses(&self) -> impl Iterator<Item = String> {
        self.crates.iter().map(|it| match it.name {
            "async-stripe" => "stripe".to_owned(),
            "async-stripe-core" => "stripe_core".to_owned(),
            name => name.replace('-', "_"),
        })
    }
}
