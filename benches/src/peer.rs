use std::path::Path;
use std::process::Command;

/// What runs the program of another language.
#[derive(Debug, Clone, Copy)]
pub enum Interpreter {
    /// Node 20 or newer.
    Node,
    /// Python 3.11 or newer.
    Python,
}

impl Interpreter {
    fn program(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python3",
        }
    }
}

/// A command for `benches/peers/{script}`; `None`, and a line that says so, without its
/// interpreter.
#[must_use]
pub fn peer(interpreter: Interpreter, script: &str) -> Option<Command> {
    let program = interpreter.program();
    let found = Command::new(program).arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        println!("skipped {script}: there is no {program} here");
        return None;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(script);
    let mut command = Command::new(program);
    command.arg(path);
    Some(command)
}
