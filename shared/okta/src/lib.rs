//! Okta's management API: users, groups, memberships and rules.
