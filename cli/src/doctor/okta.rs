//! The org: credentials, rights, attributes, groups, the clock.

use std::collections::BTreeMap;

use ::okta::{AttributeNames, Caller, Me, Session};
use jiff::SignedDuration;
use outbound::ErrorKind;
use refresh_groups::{RefreshError, Seen};
use rules::{GroupId, GroupName};
use state::{GroupNames, GroupStatus};

use super::check::Check;
use crate::setup::{Parts, attributes, wrong_attribute, wrong_group};

const CREDENTIALS: &str = "okta_credentials";
const RIGHTS: &str = "okta_rights";
const ATTRIBUTES: &str = "attributes";
const GROUPS: &str = "groups";
const GROUP_ROLES: &str = "group_roles";
const MATCH_ONLY: &str = "match_only_group";
const CLOCK: &str = "clock";
/// From here on, clocks that differ make what is shown of times misleading.
const SKEWED: SignedDuration = SignedDuration::from_mins(1);
/// From here on, services refuse what is signed by the clock.
const BROKEN: SignedDuration = SignedDuration::from_mins(5);

/// Looks at the org.
pub(super) async fn look(parts: &Parts, names: &GroupNames, again: &str, checks: &mut Vec<Check>) {
    let session = parts.okta.before(parts.deadline(), names.settings.okta_rate_share);
    let me = match session.me().await {
        Ok(me) => me,
        Err(error) => {
            checks.push(Check::failed(CREDENTIALS, &error));
            return;
        }
    };
    checks.push(credentials(&me.caller));
    checks.push(rights(session, &me).await);
    checks.extend(of_attributes(session, &names.settings.attributes, again).await);
    let of_book = names.wanted.iter().map(|wanted| &wanted.group);
    let accepted = names.accepted.iter().flat_map(|accepted| accepted.book.segments());
    let in_use = of_book.chain(accepted.map(rules::Segment::okta_group_name)).collect();
    match parts.groups().look(&in_use, parts.deadline()).await {
        Ok(seen) => {
            checks.extend(of_groups(&seen, again));
            checks.extend(roles(session, &seen).await);
        }
        Err(RefreshError::Okta(error) | RefreshError::Rights(error)) => {
            checks.push(Check::failed(GROUPS, &error));
        }
        Err(RefreshError::Config(error)) => {
            checks.push(Check::wrong(GROUPS, error.to_string(), "see the configuration table"));
        }
    }
    if let Some(name) = &names.settings.match_only_group {
        checks.push(match_only(session, name).await);
    }
    checks.push(clock(&me));
}

/// Whose they are, and whether they are as Okta recommends.
fn credentials(caller: &Caller) -> Check {
    match caller {
        Caller::Administrator(user) => {
            Check::ok(CREDENTIALS, format!("they are the API token of user {user}"))
        }
        Caller::App { client_id, missing_scopes, bound } if missing_scopes.is_empty() => {
            let kind = if *bound { "bound to who asks for them (DPoP)" } else { "bearer tokens" };
            let finding =
                format!("they are those of service app {client_id}, whose tokens are {kind}");
            Check::ok(CREDENTIALS, finding)
        }
        Caller::App { client_id, missing_scopes, .. } => {
            let missing = missing_scopes.join(", ");
            let finding = format!("service app {client_id} was not granted {missing}");
            Check::wrong(CREDENTIALS, finding, "grant it in Okta, under the app's Okta API scopes")
        }
    }
}

/// The least that the caller needs shows only in what is refused; the most shows in roles.
async fn rights(session: Session<'_>, me: &Me) -> Check {
    let mend = "give the administrator or the app the rights that docs/okta.md lists, and no more";
    match session.own_roles(&me.caller).await {
        Ok(roles) if roles.iter().any(|role| role.kind == "SUPER_ADMIN") => {
            let finding = "the role is that of a super administrator, who may do everything";
            Check::warning(RIGHTS, finding, mend)
        }
        Ok(roles) if !roles.is_empty() && roles.iter().all(|it| it.kind == "READ_ONLY_ADMIN") => {
            Check::wrong(RIGHTS, "the role allows reading alone", mend)
        }
        Ok(roles) => {
            let labels: Vec<String> = roles.into_iter().map(|role| role.label).collect();
            let labels =
                if labels.is_empty() { "none of their own".into() } else { labels.join(", ") };
            Check::ok(RIGHTS, format!("the roles: {labels}"))
        }
        Err(error) if matches!(error.kind, ErrorKind::Forbidden { .. }) => Check::ok(
            RIGHTS,
            "the token may not read administrators' roles, which is as it should be",
        ),
        Err(error) => Check::failed(RIGHTS, &error),
    }
}

async fn of_attributes(session: Session<'_>, names: &AttributeNames, again: &str) -> Vec<Check> {
    let schema = match session.user_schema().await {
        Ok(schema) => schema,
        Err(error) if matches!(error.kind, ErrorKind::Forbidden { .. }) => {
            let finding = "the token may not read the user schema, so they were not looked at";
            let mend = "look in Okta's profile editor whether both are there, as numbers";
            return vec![Check::warning(ATTRIBUTES, finding, mend)];
        }
        Err(error) => return vec![Check::failed(ATTRIBUTES, &error)],
    };
    let found = attributes(names, &schema).into_iter().map(|attribute| {
        let name = attribute.name.as_str();
        match attribute.kind {
            Some(_) if attribute.fits => Check::ok(ATTRIBUTES, name),
            None => {
                let finding =
                    format!("the user schema has no {name}: nobody's totals can be written");
                Check::wrong(ATTRIBUTES, finding, format!("`segments setup{again}` adds it"))
            }
            Some(kind) => {
                let wrong = wrong_attribute(name, kind.as_str());
                Check::wrong(ATTRIBUTES, wrong.finding, wrong.mend)
            }
        }
    });
    found.collect()
}

fn of_groups(seen: &BTreeMap<GroupName, Seen>, again: &str) -> Vec<Check> {
    let of_group = |(name, seen): (&GroupName, &Seen)| {
        if let Some(wrong) = wrong_group(name, seen) {
            return Check::wrong(GROUPS, wrong.finding, wrong.mend);
        }
        match (seen.row.status, &seen.okta_name) {
            (GroupStatus::Missing, _) => {
                let finding = format!("there is no Okta group \"{name}\"");
                Check::wrong(GROUPS, finding, format!("`segments setup{again}` makes it"))
            }
            _ if !seen.is_known => {
                let finding = format!("the table does not have the id of Okta group \"{name}\"");
                Check::wrong(GROUPS, finding, format!("`segments setup{again}` looks it up"))
            }
            (_, Some(called)) => {
                let finding = format!("Okta group \"{name}\" is called \"{called}\" there");
                Check::warning(
                    GROUPS,
                    finding,
                    "give it its name back, or name it so in the rule book",
                )
            }
            _ => Check::ok(GROUPS, format!("\"{name}\"")),
        }
    };
    seen.iter().map(of_group).collect()
}

/// Whoever buys enough comes into these groups, so they must not make administrators.
async fn roles(session: Session<'_>, seen: &BTreeMap<GroupName, Seen>) -> Vec<Check> {
    let mut checks = Vec::new();
    let ids = seen.iter().filter_map(|(name, seen)| Some((name, seen.row.id.as_ref()?)));
    let ids: Vec<(&GroupName, &GroupId)> = ids.collect();
    for (name, id) in &ids {
        match session.roles_of_group(id).await {
            Ok(roles) if roles.is_empty() => {}
            Ok(roles) => {
                let labels: Vec<String> = roles.into_iter().map(|role| role.label).collect();
                let finding = format!(
                    "Okta group \"{name}\" makes its members {}: whoever buys enough becomes one",
                    labels.join(", ")
                );
                let mend = "take the role from the group in Okta, under Security, Administrators";
                checks.push(Check::wrong(GROUP_ROLES, finding, mend));
            }
            Err(error) if matches!(error.kind, ErrorKind::Forbidden { .. }) => {
                let finding =
                    "the token may not read the roles of groups, so they were not looked at";
                let mend = "look in Okta, under Security, Administrators, that no group of the rule book \
                            is there";
                return vec![Check::warning(GROUP_ROLES, finding, mend)];
            }
            Err(error) => return vec![Check::failed(GROUP_ROLES, &error)],
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok(GROUP_ROLES, "no group of the rule book makes administrators"));
    }
    checks
}

async fn match_only(session: Session<'_>, name: &GroupName) -> Check {
    match session.groups_named(name).await {
        Ok(found) if found.is_empty() => {
            let finding = format!("there is no Okta group \"{name}\", so no customer is matched");
            Check::wrong(
                MATCH_ONLY,
                finding,
                "correct the setting match_only_group, or make the group",
            )
        }
        Ok(found) if found.len() > 1 => {
            let finding = format!(
                "there are {} Okta groups \"{name}\": whoever is in any of them is matched",
                found.len()
            );
            let mend =
                "give each its own name, and the setting match_only_group the one that is meant";
            Check::warning(MATCH_ONLY, finding, mend)
        }
        Ok(_) => Check::ok(MATCH_ONLY, format!("only members of \"{name}\" are matched")),
        Err(error) => Check::failed(MATCH_ONLY, &error),
    }
}

fn clock(me: &Me) -> Check {
    let Some(ahead) = me.clock_ahead else {
        return Check::ok(CLOCK, "Okta's answer has no date to compare with");
    };
    let off = ahead.abs();
    let way = if ahead.is_negative() { "ahead of" } else { "behind" };
    let finding = format!("this machine's clock is {} s {way} Okta's", off.as_secs());
    let mend = "set this machine's clock by a time server";
    match off {
        off if off >= BROKEN => Check::wrong(CLOCK, finding, mend),
        off if off >= SKEWED => Check::warning(CLOCK, finding, mend),
        _ => Check::ok(CLOCK, "this machine's clock agrees with Okta's"),
    }
}
