//! Looking customers up: nearly free in the order of their ids, quick in any other.

use super::Known;

/// Where to begin to search. Ids that are spread evenly share a bucket with a few others.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    least: u64,
    shift: u32,
    /// The place of the first customer of each bucket; one more for the end.
    starts: Vec<u32>,
}

/// How many customers share a bucket, if ids are spread evenly.
const SHARE: usize = 8;
/// How many customers may be passed over before a search is the shorter way.
const STRIDE: usize = 8;

impl Known {
    /// Brings everything into order.
    pub(super) fn arrange(&mut self) {
        if !self.hot.is_sorted() {
            self.hot.sort_unstable();
        }
        // Of one id the last stays: the one that was read last.
        self.hot.dedup_by(|later, earlier| {
            let same = later.id == earlier.id;
            if same {
                *earlier = *later;
            }
            same
        });
        self.buckets = Buckets::of(self.hot.iter().map(|hot| hot.id), self.hot.len());
    }

    /// The place of a customer. The cursor remembers where the last one was found, since most exports
    /// are in the order of ids.
    #[inline]
    pub(crate) fn find(&self, id: u64, cursor: &mut usize) -> Option<usize> {
        match self.hot.get(*cursor) {
            Some(hot) if hot.id == id => {
                *cursor += 1;
                Some(*cursor - 1)
            }
            _ => self.search(id, cursor),
        }
    }

    #[cold]
    fn search(&self, id: u64, cursor: &mut usize) -> Option<usize> {
        let is_after = cursor.checked_sub(1).is_none_or(|last| self.hot[last].id < id);
        let near = &self.hot[*cursor..(*cursor + STRIDE).min(self.hot.len())];
        let passed = near.iter().position(|hot| hot.id >= id);
        let place = match passed {
            Some(passed) if is_after => *cursor + passed,
            None if is_after && near.len() < STRIDE => self.hot.len(),
            _ => {
                let within = self.buckets.within(id, self.hot.len());
                within.start + self.hot[within].partition_point(|hot| hot.id < id)
            }
        };
        *cursor = place;
        self.hot.get(place).filter(|hot| hot.id == id)?;
        *cursor += 1;
        Some(place)
    }
}

impl Buckets {
    fn of(ids: impl Iterator<Item = u64> + Clone, len: usize) -> Self {
        let least = ids.clone().next().unwrap_or(0);
        let span = ids.clone().last().unwrap_or(0) - least;
        let wanted = (len / SHARE).next_power_of_two();
        let shift = (u64::BITS - span.leading_zeros()).saturating_sub(wanted.trailing_zeros());
        let mut starts = Vec::with_capacity(wanted + 1);
        for (id, place) in ids.zip(0..) {
            let bucket = bucket(id - least, shift);
            while starts.len() <= bucket {
                starts.push(place);
            }
        }
        Self { least, shift, starts }
    }

    fn within(&self, id: u64, len: usize) -> std::ops::Range<usize> {
        let Some(above) = id.checked_sub(self.least) else { return 0..0 };
        let bucket = bucket(above, self.shift);
        let start = |bucket: usize| {
            let start = self.starts.get(bucket).copied();
            start.and_then(|start| usize::try_from(start).ok()).unwrap_or(len)
        };
        start(bucket)..start(bucket.saturating_add(1))
    }
}

fn bucket(above: u64, shift: u32) -> usize {
    above.checked_shr(shift).and_then(|bucket| usize::try_from(bucket).ok()).unwrap_or(0)
}
