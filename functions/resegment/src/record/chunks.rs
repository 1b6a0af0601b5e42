//! What is kept beside the record, because it is too large for it.

use serde::{Deserialize, Serialize};

/// Chunks beside the record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunks {
    /// The fencing number they were begun with.
    pub fence: u64,
    /// How many there are.
    pub count: u32,
}

/// A place among the ids of those who differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The chunk, counted from 0.
    pub chunk: u32,
    /// How many of its ids lie before the place.
    pub offset: u32,
}

impl Place {
    /// What follows the place in its chunk.
    pub(crate) fn rest<T>(self, chunk: &[T]) -> &[T] {
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX).min(chunk.len());
        &chunk[offset..]
    }

    /// The place behind the first `count` of the `rest` of its chunk: the beginning of the next chunk, if
    /// nothing of this one is left.
    pub(crate) fn behind(self, count: usize, rest: usize) -> Self {
        if count >= rest {
            return Self { chunk: self.chunk + 1, offset: 0 };
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Self { chunk: self.chunk, offset: self.offset + count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: [u8; 3] = [1, 2, 3];

    #[test]
    fn a_place_leads_through_its_chunk_and_into_the_next() {
        let begin = Place { chunk: 4, offset: 0 };
        let next = begin.behind(2, begin.rest(&CHUNK).len());
        assert_eq!(next, Place { chunk: 4, offset: 2 });
        assert_eq!(next.rest(&CHUNK), [3]);
        assert_eq!(next.behind(1, next.rest(&CHUNK).len()), Place { chunk: 5, offset: 0 });
    }

    #[test]
    fn a_place_behind_the_end_of_its_chunk_has_nothing_left_and_goes_on_with_the_next() {
        let odd = Place { chunk: 4, offset: 9 };
        assert!(odd.rest(&CHUNK).is_empty());
        assert_eq!(odd.behind(0, 0), Place { chunk: 5, offset: 0 });
    }
}
