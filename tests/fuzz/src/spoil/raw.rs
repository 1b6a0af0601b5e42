//! Bytes, spoilt without regard to what they mean.

use crate::chance::Chance;

/// What often means something where it stands.
const TOKENS: [&[u8]; 22] = [
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"null",
    b"-",
    b"1e999",
    b"=",
    b"<",
    b">",
    b";",
    b"'",
];
/// How many changes are made at most.
const MOST: usize = 4;

pub(crate) fn spoilt(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=chance.below(MOST) {
        change(&mut bytes, chance);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let place = chance.below(bytes.len());
    let end = place + chance.below((bytes.len() - place).min(64));
    match chance.below(8) {
        0 => bytes.truncate(place),
        1 => drop(bytes.drain(place..end)),
        2 => {
            let again = bytes[place..end].to_vec();
            bytes.splice(place..place, again);
        }
        3 => {
            let token = chance.pick(&TOKENS).copied().unwrap_or_default();
            bytes.splice(place..place, token.iter().copied());
        }
        4 => {
            let token = chance.pick(&TOKENS).copied().unwrap_or_default();
            let times = chance.below(300);
            bytes.splice(place..place, token.repeat(times));
        }
        5 => {
            let length = chance.below(16);
            bytes.splice(place..end, chance.bytes(length));
        }
        _ => {
            let bit = chance.below(8);
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << bit;
            }
        }
    }
}
