//! Finding users by what they are called, without looking at all of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use ::rules::UserId;

use crate::okta::directory::Directory;
use crate::okta::user::User;

impl Directory {
    /// The user that a path names: by id, by login, or by the login's part before the @ if only one
    /// has it.
    pub(crate) fn named(&self, name: &str) -> Option<&User> {
        if let Some(user) = name.parse().ok().and_then(|id: UserId| self.users.get(&id)) {
            return Some(user);
        }
        let like = self.named_like(&format!("{name}@"));
        let users = like.into_iter().filter_map(|id| self.users.get(id));
        let mut short = users.filter(|user| user.has_short_login(name));
        let only = short.next().filter(|_| short.next().is_none());
        self.with_login(name).next().or(only).map(AsRef::as_ref)
    }

    /// The users with this login, in whatever case.
    pub(crate) fn with_login(&self, login: &str) -> impl Iterator<Item = &Arc<User>> {
        let login = login.to_lowercase();
        let candidates = self.names.get(&login).into_iter().flatten();
        let users = candidates.filter_map(|id| self.users.get(id));
        users.filter(move |user| user.text("login").to_lowercase() == login)
    }

    /// Everybody whose login or e-mail address begins like this or once did, in the order of ids.
    pub(crate) fn named_like(&self, beginning: &str) -> BTreeSet<&UserId> {
        let beginning = beginning.to_lowercase();
        let from = self.names.range(beginning.clone()..);
        from.take_while(|(name, _)| name.starts_with(&beginning)).flat_map(|(_, ids)| ids).collect()
    }

    /// Notes a user's login and e-mail address, as they are now.
    pub(crate) fn note_names(&mut self, id: &UserId) {
        let Some(user) = self.users.get(id) else { return };
        for name in ["login", "email"] {
            let name = user.text(name).to_lowercase();
            self.names.entry(name).or_default().insert(id.clone());
        }
    }
}
