//! What people do at Okta.

use std::collections::BTreeSet;

use rules::UserId;
use serde_json::{Value, json};
use simulators::okta::{GroupKind, UserStatus};

use crate::book::GROUPS;
use crate::game::{Game, Hand, STAFF, User, address};
use crate::play::{NOBODY, pick};
use crate::step::{OnGroup, Step};

impl Game {
    /// What a step does at Okta, if it is one of these.
    pub(crate) fn at_okta(&mut self, step: &Step) -> Option<String> {
        let done = match step {
            Step::SignUp { login, email, staff } => self.sign_up(*login, *email, *staff),
            Step::Rename { user, login, email } => self.rename(*user, *login, *email),
            Step::Deactivate { user } => self.set_status(*user, UserStatus::Deprovisioned),
            Step::Activate { user } => self.set_status(*user, UserStatus::Active),
            Step::DeleteUser { user } => self.delete_user(*user),
            Step::PutInto { user, group } => self.put(*user, *group, true),
            Step::TakeOut { user, group } => self.put(*user, *group, false),
            Step::WriteProfile { user, cents } => self.write_profile(*user, *cents),
            Step::Group { which, how } => self.on_group(*which, *how),
            _ => return None,
        };
        Some(done.unwrap_or_else(|| NOBODY.to_owned()))
    }

    fn on_group(&mut self, which: u8, how: OnGroup) -> Option<String> {
        let name = GROUPS[usize::from(which) % GROUPS.len()];
        if how == OnGroup::Restore {
            return Some(self.restore_groups());
        }
        let group = self.group(name)?;
        self.groups_changed = true;
        match how {
            OnGroup::Rename => {
                self.world.okta.rename_group(&group, &format!("{name} of old")).unwrap();
                self.renamed.insert((name, group));
            }
            OnGroup::Delete => self.world.okta.delete_group(&group).unwrap(),
            OnGroup::Rule | OnGroup::Restore => {
                self.ruled.insert(name);
                self.rules.push(self.world.okta.add_rule("by department", &[group], true));
            }
        }
        Some(format!("{how:?} group {name}"))
    }

    /// All groups are there again, and filled by nobody else. Who was in one that was deleted is not in it.
    pub(crate) fn restore_groups(&mut self) -> String {
        for (name, group) in std::mem::take(&mut self.renamed) {
            // It may have been deleted meanwhile.
            let _gone = self.world.okta.rename_group(&group, name);
        }
        for rule in std::mem::take(&mut self.rules) {
            self.world.okta.set_rule_active(&rule, false);
        }
        for name in GROUPS {
            if self.group(name).is_none() {
                self.world.okta.add_group(name, GroupKind::Okta);
            }
        }
        "all groups are there again".to_owned()
    }

    /// Changes a user there is, and what is known of them; those whose address they bear may belong
    /// elsewhere now.
    fn touch(
        &mut self,
        user: u8,
        hand: Hand,
        change: impl FnOnce(&Self, &mut User),
    ) -> Option<String> {
        let there: Vec<_> = self.users.iter().filter(|user| user.is_there).collect();
        let id = pick(&there, user.into())?.id.clone();
        let place = self.users.iter().position(|user| user.id == id)?;
        let mut user = self.users[place].clone();
        change(self, &mut user);
        user.hands.insert(hand);
        user.borne.extend([user.login.clone(), user.email.clone()]);
        let (name, borne) = (user.login.clone(), user.borne.clone());
        self.users[place] = user;
        self.changed(self.bearing(&borne));
        Some(format!("user {name}"))
    }

    fn sign_up(&mut self, login: u8, email: u8, is_staff: bool) -> Option<String> {
        let (login, email) = (address(login).to_lowercase(), address(email).to_lowercase());
        if self.users.iter().any(|user| user.is_there && user.login == login) {
            return None;
        }
        let id: UserId = self.world.okta.add_user(&login, &email);
        if is_staff {
            let staff = self.group(STAFF).unwrap();
            self.world.okta.add_member(&staff, &id).unwrap();
        }
        let borne: BTreeSet<_> = [login.clone(), email.clone()].into();
        self.changed(self.bearing(&borne));
        let what = format!("user {login} signs up, e-mail {email}");
        self.users.push(User {
            id,
            login,
            email,
            borne,
            is_there: true,
            is_staff,
            hands: BTreeSet::new(),
            put_into: BTreeSet::new(),
        });
        Some(what)
    }

    fn rename(&mut self, user: u8, login: u8, email: u8) -> Option<String> {
        let (login, email) = (address(login).to_lowercase(), address(email).to_lowercase());
        let taken = self.users.iter().any(|user| user.is_there && user.login == login);
        let what = format!("is now called {login}, e-mail {email} (the login: {})", !taken);
        let who = self.touch(user, Hand::Rename, |game, user| {
            if !taken {
                let value = login.clone().into();
                game.world.okta.set_attribute(&user.id, "login", value).unwrap();
                user.login = login;
            }
            game.world.okta.set_attribute(&user.id, "email", email.clone().into()).unwrap();
            user.email = email;
        })?;
        Some(format!("{who} {what}"))
    }

    fn set_status(&mut self, user: u8, status: UserStatus) -> Option<String> {
        let who = self.touch(user, Hand::SetStatus, |game, user| {
            game.world.okta.set_status(&user.id, status).unwrap();
        })?;
        Some(format!("{who} becomes {status:?}"))
    }

    fn delete_user(&mut self, user: u8) -> Option<String> {
        let who = self.touch(user, Hand::Delete, |game, user| {
            game.world.okta.delete_user(&user.id).unwrap();
            user.is_there = false;
        })?;
        Some(format!("{who} is deleted"))
    }

    fn put(&mut self, user: u8, group: u8, into: bool) -> Option<String> {
        let name = GROUPS[usize::from(group) % GROUPS.len()];
        let group = self.group(name)?;
        let who = self.touch(user, Hand::Move, |game, user| {
            if into {
                game.world.okta.add_member(&group, &user.id).unwrap();
                user.put_into.insert(name);
            } else {
                game.world.okta.remove_member(&group, &user.id).unwrap();
            }
        })?;
        let how = if into { "put into" } else { "taken out of" };
        Some(format!("{who} is {how} {name} by hand"))
    }

    fn write_profile(&mut self, user: u8, cents: Option<u32>) -> Option<String> {
        let value = cents.map_or(Value::Null, |cents| json!(cents));
        let what = format!("gets {value} as total by hand");
        let who = self.touch(user, Hand::WriteProfile, |game, user| {
            game.world.okta.set_attribute(&user.id, "shopify_total_spent", value).unwrap();
        })?;
        Some(format!("{who} {what}"))
    }
}
