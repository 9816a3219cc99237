//! Loop's words, fit for a log.

/// One bounded line, without anything that looks like an e-mail address, a telephone number or a
/// link, which may be a shopper's own.
pub(super) fn tidy(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut in_phone = false;
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| {
            in_phone = is_of_phone(word, in_phone);
            if in_phone || is_personal(word) {
                "[removed]"
            } else {
                word
            }
        })
        .collect();
    words.join(" ").chars().take(LONGEST).collect()
}

fn is_personal(word: &str) -> bool {
    word.contains('@') || word.contains("://") || word.to_ascii_lowercase().contains("%40")
}

/// A telephone number begins with a plus, and may go on over blanks.
fn is_of_phone(word: &str, after_phone: bool) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit() && c != '+');
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let numeric = word
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-./()".contains(&byte));
    digits > 0 && numeric && (after_phone || word.starts_with('+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_whatever_may_be_personal() {
        for (said, kept) in [
            ("Return 99904598 is closed.", "Return 99904598 is closed."),
            ("No order of <eliza@example.com>.", "No order of [removed]"),
            ("No order for +15551234567.", "No order for [removed]"),
            (
                "Call (+1) 555-123 4567 on 2 May",
                "Call [removed] [removed] [removed] on 2 May",
            ),
            (
                "See https://x.loopreturns.com/#/return/uuid now",
                "See [removed] now",
            ),
            ("1+1 is not 3", "1+1 is not 3"),
            ("a\tb\u{7}c  d", "a b c d"),
        ] {
            assert_eq!(tidy(said), kept);
        }
        assert_eq!(tidy(&"x".repeat(1000)).len(), 200);
    }
}
