//! Text to tokens, each with its place.

use super::FilterError;
use crate::limits;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// An unquoted word: a key, an entity with its key, a keyword.
    Word(String),
    /// `` `…` ``
    Backticked(String),
    /// `'…'`
    Text(String),
    /// `"…"`: a text as a value, a key as a subject.
    DoubleQuoted(String),
    Number(f64),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`
    Operator(&'static str),
    Dot,
    Open,
    Close,
    Comma,
    End,
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(word) | Self::Backticked(word) => write!(f, "`{word}`"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::DoubleQuoted(text) => write!(f, "\"{text}\""),
            Self::Number(number) => write!(f, "`{number}`"),
            Self::Operator(operator) => write!(f, "`{operator}`"),
            Self::Dot => f.write_str("`.`"),
            Self::Open => f.write_str("`(`"),
            Self::Close => f.write_str("`)`"),
            Self::Comma => f.write_str("`,`"),
            Self::End => f.write_str("the end"),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub token: Token,
    /// In characters, from 0.
    pub at: usize,
    /// Whether it stands right behind the one before, as `` metrics.`a b` `` does.
    pub is_attached: bool,
}

/// Splits `input`; the last token is always `End`.
pub(super) fn tokens(input: &str) -> Result<Vec<Placed>, FilterError> {
    if input.len() > limits::MAX_FILTER_LENGTH {
        return Err(FilterError::new(0, "a filter has at most a megabyte"));
    }
    let chars: Vec<char> = input.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    let mut previous_end = usize::MAX;
    while at < chars.len() {
        if chars[at].is_whitespace() {
            at += 1;
            continue;
        }
        let (token, end) = token(&chars, at)?;
        found.push(Placed { token, at, is_attached: at == previous_end });
        at = end;
        previous_end = end;
    }
    found.push(Placed { token: Token::End, at: chars.len(), is_attached: false });
    Ok(found)
}

fn token(chars: &[char], at: usize) -> Result<(Token, usize), FilterError> {
    let next = chars.get(at + 1).copied();
    let one = |token| Ok((token, at + 1));
    let two = |token| Ok((token, at + 2));
    match chars[at] {
        '(' => one(Token::Open),
        ')' => one(Token::Close),
        ',' => one(Token::Comma),
        '.' if !next.is_some_and(|c| c.is_ascii_digit()) => one(Token::Dot),
        '=' if next == Some('=') => Err(FilterError::new(at, "unknown operator `==`; use `=`")),
        '=' => one(Token::Operator("=")),
        '<' if next == Some('=') => two(Token::Operator("<=")),
        '<' if next == Some('>') => two(Token::Operator("!=")),
        '<' => one(Token::Operator("<")),
        '>' if next == Some('=') => two(Token::Operator(">=")),
        '>' => one(Token::Operator(">")),
        '!' if next == Some('=') => two(Token::Operator("!=")),
        '\'' => quoted(chars, at).map(|(text, end)| (Token::Text(text), end)),
        '"' => quoted(chars, at).map(|(text, end)| (Token::DoubleQuoted(text), end)),
        '`' => quoted(chars, at).map(|(text, end)| (Token::Backticked(text), end)),
        c if c.is_ascii_digit() || "+-.".contains(c) => number(chars, at),
        c if is_word(c) => {
            let end = end_of(chars, at, |c| is_word(c) || c.is_ascii_digit() || ".-/".contains(c));
            let mut word: String = chars[at..end].iter().collect();
            // A dot before a quote belongs to neither: metrics.`a b`.
            let mut end = end;
            if word.ends_with('.') {
                word.pop();
                end -= 1;
            }
            Ok((Token::Word(word), end))
        }
        c => Err(FilterError::new(at, format!("unexpected character `{c}`"))),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '@' || c == '$' || c == '#' || c == ':'
}

fn end_of(chars: &[char], from: usize, is_in: impl Fn(char) -> bool) -> usize {
    chars[from..].iter().position(|&c| !is_in(c)).map_or(chars.len(), |length| from + length)
}

/// A quote inside is written twice.
fn quoted(chars: &[char], at: usize) -> Result<(String, usize), FilterError> {
    let quote = chars[at];
    let mut text = String::new();
    let mut here = at + 1;
    while here < chars.len() {
        if chars[here] == quote {
            if chars.get(here + 1) != Some(&quote) {
                return Ok((text, here + 1));
            }
            here += 1;
        }
        text.push(chars[here]);
        here += 1;
    }
    Err(FilterError::new(at, format!("the quote {quote} that opens here is never closed")))
}

fn number(chars: &[char], at: usize) -> Result<(Token, usize), FilterError> {
    let mut end = at;
    while end < chars.len() {
        let c = chars[end];
        let is_sign = "+-".contains(c) && (end == at || "eE".contains(chars[end - 1]));
        if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || is_sign) {
            break;
        }
        end += 1;
    }
    let text: String = chars[at..end].iter().collect();
    match text.parse::<f64>() {
        Ok(number) => Ok((Token::Number(number), end)),
        Err(_) => Err(FilterError::new(
            at,
            format!("`{text}` is not a number; a key that starts so needs backticks"),
        )),
    }
}
