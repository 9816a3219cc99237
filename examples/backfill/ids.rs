//! Return ids in a file, one on each line.

use std::io::Read;
use std::path::Path;

use loop_client::ReturnId;

/// So many bad lines are named, and the others counted.
const NAMED: usize = 10;

/// Reads a file, or standard input when it is named `-`. One bad line and none is taken: whoever
/// made the list meant something else than it says.
pub(crate) fn read(file: &Path, stdin: &mut dyn Read) -> Result<Vec<ReturnId>, String> {
    let mut bytes = Vec::new();
    let (name, read) = if file.as_os_str() == "-" {
        let read = stdin.read_to_end(&mut bytes).map(drop);
        ("standard input".to_owned(), read)
    } else {
        let read = std::fs::read(file).map(|found| bytes = found);
        (file.display().to_string(), read)
    };
    read.map_err(|error| format!("--ids {name}: {error}"))?;
    parse(&name, &bytes)
}

/// Blank lines are nothing. A bad line is named by its number alone: it may hold anything.
fn parse(name: &str, bytes: &[u8]) -> Result<Vec<ReturnId>, String> {
    let (mut ids, mut bad) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        let id = std::str::from_utf8(line)
            .ok()
            .and_then(|it| it.parse().ok());
        match id {
            Some(id) => ids.push(id),
            None if line.is_empty() => {}
            None => bad.push(number),
        }
    }
    if bad.is_empty() && ids.is_empty() {
        return Err(format!("--ids {name} holds no id"));
    }
    if bad.is_empty() {
        return Ok(ids);
    }
    let numbers: Vec<String> = bad.iter().take(NAMED).map(u64::to_string).collect();
    let more = match bad.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(format!(
        "--ids {name}: a line holds one return id, in digits, and nothing else; these do not: {}{more}",
        numbers.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_id_or_named() {
        let many = "x\n".repeat(12);
        for (text, expected) in [
            ("99904598\n99904599", Ok(vec![99_904_598, 99_904_599])),
            ("\r\n 7 \r\n\n0008\n", Ok(vec![7, 8])),
            ("1\n#1001\n2\njane@example.com\n", Err("do not: 2, 4")),
            ("1, 2", Err("do not: 1")),
            ("0", Err("do not: 1")),
            ("-5", Err("do not: 1")),
            ("+5", Err("do not: 1")),
            ("18446744073709551616", Err("do not: 1")),
            ("5\n\u{feff}6", Err("do not: 2")),
            (
                many.as_str(),
                Err("1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more"),
            ),
            ("", Err("holds no id")),
            (" \n\n", Err("holds no id")),
        ] {
            let found = parse("list", text.as_bytes());
            match (found, expected) {
                (Ok(ids), Ok(expected)) => {
                    let ids: Vec<u64> = ids.into_iter().map(ReturnId::get).collect();
                    assert_eq!(ids, expected, "{text:?}");
                }
                (Err(problem), Err(expected)) => {
                    assert!(problem.ends_with(expected), "{text:?}: {problem}");
                    assert!(!problem.contains("jane"), "{problem}");
                }
                (found, _) => panic!("{text:?}: {found:?}"),
            }
        }
        assert!(parse("list", b"1\n\xff\n").is_err());
    }
}
