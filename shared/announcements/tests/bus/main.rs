//! The bus, called as on AWS, against one that fails as AWS's does.

#[cfg(test)]
mod account;
#[cfg(test)]
mod announcing;
