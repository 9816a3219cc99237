use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// This program once more, in the role that its arguments name.
///
/// # Errors
/// When the program cannot be found.
pub fn role(arguments: &[&str]) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments);
    Ok(command)
}

/// Starts a server, and gives the line in which it says where it listens.
///
/// # Errors
/// When it cannot be started or read.
pub fn serve(mut command: Command) -> io::Result<(Child, String)> {
    let mut server = command.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    if let Some(output) = server.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    Ok((server, line.trim().to_owned()))
}
