//! What was read of Okta: users, their addresses, and which managed groups they were found in.

use rules::{RuleBook, SegmentName, UserId};

use crate::{AddressTag, UserTag};

/// A set of managed groups. Those of the book's segments are told apart; groups that were managed
/// before and belong to no segment of the book any more count as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Groups(u64);

impl Groups {
    /// No group.
    pub const NONE: Self = Self(0);
    /// A group that was managed before, and belongs to no segment of the book any more.
    pub const FORMER: Self = Self(1 << 63);

    /// The group of the segment at this place of the book, counted from 0.
    pub(crate) const fn at(place: usize) -> Self {
        Self(1 << place)
    }

    pub(crate) fn of(place: Option<usize>) -> Self {
        place.map_or(Self::NONE, Self::at)
    }

    /// The groups of either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The first group in the order of the book, former ones last.
    pub(crate) fn first(self) -> Option<Group> {
        let place = usize::try_from(self.without(Self::FORMER).0.trailing_zeros());
        match place {
            _ if self.is_empty() => None,
            Ok(place) if place < 64 => Some(Group::OfSegment(place)),
            _ => Some(Group::Former),
        }
    }
}

/// A managed group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Of the segment at this place of the book.
    OfSegment(usize),
    /// Of a segment that no longer exists.
    Former,
}

/// Collects what is read of Okta, page by page. A user may be pushed as often as they are read.
#[derive(Debug)]
pub struct OktaReadBuilder<'book> {
    book: &'book RuleBook,
    read: OktaRead,
}

/// What was read of Okta.
#[derive(Debug, Default)]
pub struct OktaRead {
    /// In ascending order of tag, each once.
    users: Vec<User>,
    /// In ascending order.
    addresses: Vec<(AddressTag, UserTag)>,
    /// The ids of all users, one after the other.
    ids: String,
    /// The groups whose members were read, every one of them.
    whole: Groups,
}

#[derive(Debug, Clone, Copy)]
struct User {
    tag: UserTag,
    groups: Groups,
    id_start: u32,
    id_len: u32,
}

/// The place of a user in an [`OktaRead`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UserPlace(pub(crate) u32);

/// Who bears an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer {
    Nobody,
    One(UserPlace),
    Several,
}

impl<'book> OktaReadBuilder<'book> {
    /// Begins with nothing read. Groups are told apart by the segments of this book, which has to be
    /// the one that is compared by.
    pub fn new(book: &'book RuleBook) -> Self {
        Self { book, read: OktaRead::default() }
    }

    /// The group of a segment. Of one that is not in the book (any more), [`Groups::FORMER`].
    pub fn group(&self, segment: &SegmentName) -> Groups {
        let place = self.book.segments().iter().position(|other| other.name() == segment);
        place.map_or(Groups::FORMER, Groups::at)
    }

    /// Says that the members of these groups are read whole: who is not pushed with one of them is not
    /// in it. Of other groups nothing is concluded from what was not found.
    pub fn whole(&mut self, groups: Groups) {
        self.read.whole = self.read.whole.and(groups);
    }

    /// Takes note of a user, with the addresses they bear (login and e-mail) and the groups they were
    /// found in: [`Groups::NONE`] if the page was none of a group's members.
    pub fn push(&mut self, user: &UserId, tag: UserTag, addresses: &[AddressTag], groups: Groups) {
        let place = |at: usize| u32::try_from(at).ok();
        let (Some(id_start), Some(id_len)) =
            (place(self.read.ids.len()), place(user.as_str().len()))
        else {
            return;
        };
        self.read.ids.push_str(user.as_str());
        self.read.users.push(User { tag, groups, id_start, id_len });
        self.read.addresses.extend(addresses.iter().map(|address| (*address, tag)));
    }

    /// Everything that was pushed, ready to be looked up.
    pub fn finish(mut self) -> OktaRead {
        let OktaRead { users, addresses, .. } = &mut self.read;
        users.sort_by_key(|user| user.tag);
        users.dedup_by(|later, first| {
            let same = later.tag == first.tag;
            if same {
                first.groups = first.groups.and(later.groups);
            }
            same
        });
        addresses.sort_unstable();
        addresses.dedup();
        self.read
    }
}

impl OktaRead {
    /// How many users were read.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether nobody was read.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    pub(crate) fn whole(&self) -> Groups {
        self.whole
    }

    pub(crate) fn user(&self, tag: UserTag) -> Option<UserPlace> {
        let place = self.users.binary_search_by_key(&tag, |user| user.tag).ok()?;
        u32::try_from(place).ok().map(UserPlace)
    }

    pub(crate) fn bearer(&self, address: AddressTag) -> Bearer {
        let first = self.addresses.partition_point(|(other, _)| *other < address);
        let mut users = self.addresses[first..].iter().take_while(|(other, _)| *other == address);
        match (users.next(), users.next()) {
            (None, _) => Bearer::Nobody,
            (Some((_, tag)), None) => self.user(*tag).map_or(Bearer::Nobody, Bearer::One),
            (Some(_), Some(_)) => Bearer::Several,
        }
    }

    /// Everybody who bears an address.
    pub(crate) fn bearers(&self, address: AddressTag) -> impl Iterator<Item = UserPlace> {
        let first = self.addresses.partition_point(|(other, _)| *other < address);
        let users = self.addresses[first..].iter().take_while(move |(other, _)| *other == address);
        users.filter_map(|(_, tag)| self.user(*tag))
    }

    /// The groups a user was found in.
    pub(crate) fn groups(&self, place: UserPlace) -> Groups {
        self.at(place).map_or(Groups::NONE, |user| user.groups)
    }

    pub(crate) fn id(&self, place: UserPlace) -> Option<UserId> {
        let user = self.at(place)?;
        let start = usize::try_from(user.id_start).ok()?;
        let end = start + usize::try_from(user.id_len).ok()?;
        self.ids.get(start..end)?.parse().ok()
    }

    /// Everybody who was found in a group.
    pub(crate) fn members(&self) -> impl Iterator<Item = UserPlace> {
        let members = self.users.iter().zip(0..).filter(|(user, _)| !user.groups.is_empty());
        members.map(|(_, place)| UserPlace(place))
    }

    fn at(&self, place: UserPlace) -> Option<&User> {
        self.users.get(usize::try_from(place.0).ok()?)
    }
}
