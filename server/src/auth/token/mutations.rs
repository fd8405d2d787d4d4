//! Small faults in good tokens, many of them, the same in every run.

use super::attacks::{bytes, parts, text};
use super::tests::{now_ms, session};
use super::*;
use crate::auth::numbers::Numbers;

impl Numbers {
    fn letter(&mut self) -> u8 {
        const LETTERS: &[u8] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
        LETTERS[self.below(LETTERS.len())]
    }

    /// A token with a fault; the other one is as good.
    fn faulty(&mut self, token: &str, other: &str) -> Vec<u8> {
        let mut bytes = token.as_bytes().to_vec();
        let (at, to) = (self.below(bytes.len()), self.below(bytes.len()));
        match self.below(9) {
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = self.letter(),
            2 => bytes.insert(at, self.letter()),
            3 => drop(bytes.remove(at)),
            4 => bytes.swap(at, to),
            5 => drop(bytes.drain(at.min(to)..at.max(to))),
            6 => bytes
                .splice(at.., other.as_bytes()[at.min(other.len())..].iter().copied())
                .for_each(drop),
            7 => return self.inside(token),
            _ => {
                for _ in 0..=self.below(4) {
                    let at = self.below(bytes.len());
                    bytes[at] = self.letter();
                }
            }
        }
        bytes
    }

    /// A fault inside one of the three parts, written as a whole token again.
    fn inside(&mut self, token: &str) -> Vec<u8> {
        let mut parts = parts(token).map(bytes);
        let part = &mut parts[self.below(3)];
        let at = self.below(part.len());
        part[at] ^= 1 << self.below(8);
        parts.map(text).join(".").into_bytes()
    }
}

#[test]
fn no_token_with_a_fault_gets_in() {
    let tokens = Tokens::new([1; 32]);
    let now_ms = now_ms();
    let token = tokens.make(&session(), now_ms).unwrap();
    let others = Session { user: UserId::new(2, [4; 10]), ..session() };
    let other = tokens.make(&others, now_ms).unwrap();
    assert_eq!(tokens.check_at(&other, now_ms).map(|good| good.0), Some(others));
    let mut numbers = Numbers::new("mutations");
    let (mut forged, mut same) = (0_u32, 0_u32);
    while forged < 200_000 {
        let faulty = numbers.faulty(&token, &other);
        // What is no text never gets as far: a cookie with such bytes is none.
        let Ok(faulty) = String::from_utf8(faulty) else { continue };
        if faulty == token || faulty == other {
            same += 1;
            continue;
        }
        assert_eq!(tokens.check_at(&faulty, now_ms), None, "{faulty}\nof {token}\nand {other}");
        forged += 1;
    }
    assert!(same < forged / 10, "{same} were no change");
}
