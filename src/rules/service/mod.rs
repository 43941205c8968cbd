//! Services that have no address, and addresses that nothing advertises.

mod address;
mod advertised;
mod pool;

use super::Rule;

pub const RULES: &[Rule] = &[
    pool::CONFLICT,
    pool::HOST_BITS,
    address::PENDING,
    address::NOT_GIVEN,
    address::ELSEWHERE,
    advertised::NO_SERVICE,
    advertised::NOTHING_TAKEN,
    advertised::NO_SELECTOR,
    advertised::NO_SERVICES_IN_IT,
    advertised::NOT_SELECTED,
    advertised::NO_FAMILY,
    advertised::OTHER_ADDRESSES,
    advertised::OTHER_CLASS,
    advertised::NO_ENDPOINT,
    advertised::WITHDRAWN,
    advertised::PLACEHOLDER,
    advertised::NOT_DONE,
];
