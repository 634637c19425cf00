//! What the two locks have in common: what is done with them, and how they are held against their models.

use proptest::prelude::*;

use crate::model::{Answer, Patience};

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    TryAcquire,
    Acquire(Patience),
    Release,
    /// Whether it is held: by anybody, or by who asks.
    IsHeld,
}

/// `weights` in the order above.
pub(crate) fn operation(
    weights: [u32; 4],
    patience: impl Strategy<Value = Patience> + Clone,
) -> impl Strategy<Value = Operation> + Clone {
    let [try_acquire, acquire, release, is_held] = weights;
    prop_oneof![
        try_acquire => Just(Operation::TryAcquire),
        acquire => patience.prop_map(Operation::Acquire),
        release => Just(Operation::Release),
        is_held => Just(Operation::IsHeld),
    ]
}

/// What a wait for a lock comes back with at its limit.
pub(crate) fn give_up(operation: &Operation) -> Option<Answer> {
    match operation {
        Operation::Acquire(patience) => patience.ended(Answer::Flag(false)),
        _ => None,
    }
}

/// The properties of a lock: its type, its model, the method for `IsHeld`, the weights of the operations.
macro_rules! properties {
    ($lock:ident, $model:ident, $is_held:ident, $weights:expr, $stepped:ident, $at_once:ident) => {
        impl Subject for $lock {
            type Model = $model;

            fn perform(&self, operation: &Operation) -> Answer {
                match operation {
                    Operation::TryAcquire => Answer::Flag(self.try_acquire()),
                    Operation::Acquire(patience) => {
                        Answer::Flag(self.acquire(patience.deadline()).unwrap())
                    }
                    Operation::Release => {
                        self.release().map_or(Answer::Refused("not held"), |()| Answer::Done)
                    }
                    Operation::IsHeld => Answer::Flag(self.$is_held()),
                }
            }
        }

        proptest! {
            #![proptest_config(config())]

            #[test]
            fn $stepped(
                (threads, steps) in stepped::steps(operation($weights, Patience::any()))
            ) {
                stepped::check($lock::new(), $model::default(), threads, steps)?;
            }

            #[test]
            fn $at_once(
                plans in linearizable::plans(operation($weights, Patience::limited()))
            ) {
                linearizable::check(|| ($lock::new(), $model::default()), &plans)?;
            }
        }
    };
}
pub(crate) use properties;
