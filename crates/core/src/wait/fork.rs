//! Repairing the door in a forked child.
//!
//! Only the forking thread exists in the child. The waits of all others are taken out of the queues;
//! those of the forking thread itself stay (a signal handler may fork in the middle of a wait). Held locks
//! stay held: what becomes of them is for their owner to say (`after_fork` of each primitive), as in the
//! standard library.
//!
//! The repair runs inside `fork()` itself, through `pthread_atfork(3)`, so that it comes before any
//! after-fork hook of an interpreter. The preparing half takes every lock of the door and of what observes
//! it, so that no other thread is in the middle of a change at the moment of the fork. The handlers are
//! registered when the code is loaded: whatever registers them later, on first use, races with a fork
//! by a thread that has not used the engine yet, and the child finds the registration itself half done.

#![cfg_attr(
    all(unix, not(loom)),
    allow(
        unsafe_code,
        reason = "pthread_atfork is a C function, the way to call it early a link section"
    )
)]

use std::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between this process and the one that loaded the engine. Whoever counts threads
/// that are on their way compares it: in a child they will never arrive.
#[must_use]
pub fn generation() -> u32 {
    // Relaxed: it changes only while one thread exists.
    GENERATION.load(Ordering::Relaxed)
}

#[cfg(all(unix, not(loom)))]
mod unix {
    use std::cell::RefCell;
    use std::sync::MutexGuard;
    use std::sync::atomic::Ordering;

    use super::GENERATION;
    use crate::observe::deadlock::{self, DeadlockGuard};
    use crate::observe::order::{self, OrderGuard};
    use crate::observe::origin::{self, OriginGuard};
    use crate::observe::registry::{self, RegistryGuard};
    #[cfg(all(feature = "serve", target_os = "linux"))]
    use crate::observe::sampler::{self, SamplerGuard};
    #[cfg(all(feature = "serve", target_os = "linux"))]
    use crate::observe::serve::{self, ServeGuard};
    use crate::thread::ThreadId;
    use crate::wait::spin;
    use crate::wait::table::{self, Bucket};
    use crate::wait::watch::{self, WatchGuard};

    /// Every lock that must not be in other hands at the moment of a fork.
    struct Held {
        // First: a server is started and stopped with no other of these locks held.
        #[cfg(all(feature = "serve", target_os = "linux"))]
        serve: ServeGuard,
        // Before all that its thread takes, whose end is waited for.
        #[cfg(all(feature = "serve", target_os = "linux"))]
        sampler: Option<SamplerGuard>,
        _deadlock: DeadlockGuard,
        _order: OrderGuard,
        registry: RegistryGuard,
        watch: WatchGuard,
        _origins: OriginGuard,
        buckets: Vec<MutexGuard<'static, Bucket>>,
    }

    thread_local! {
        static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
    }

    // SAFETY: the loader calls what stands in this section, once and with no thread of this code running,
    // as a C function; that it may pass arguments does no harm to one that takes none. (Miri has no
    // `pthread_atfork`, and nothing that forks.)
    #[cfg(not(miri))]
    #[used]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
    static AT_LOAD: extern "C" fn() = install_handlers;

    #[cfg_attr(miri, expect(dead_code, reason = "called at load, which Miri is not"))]
    extern "C" fn install_handlers() {
        // SAFETY: the three handlers are functions of this crate, and the C library forgets them when
        // the code is unloaded; they do not unwind (they allocate and take locks, nothing more).
        let failed = unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
        assert!(failed == 0, "pthread_atfork: no memory for the fork handlers");
    }

    extern "C" fn prepare() {
        // Named now: naming a thread takes the registry's lock.
        let _ = ThreadId::current();
        let held = Held {
            #[cfg(all(feature = "serve", target_os = "linux"))]
            serve: serve::freeze(),
            #[cfg(all(feature = "serve", target_os = "linux"))]
            sampler: Some(sampler::freeze()),
            // Before the registry: who looks takes the registry's lock within.
            _deadlock: deadlock::freeze(),
            _order: order::freeze(),
            registry: registry::freeze(),
            watch: watch::freeze(),
            _origins: origin::freeze(),
            buckets: table::all_buckets(),
        };
        let mut held = Some(held);
        // A thread that is being torn down cannot keep them; it lets them go again and forks as is.
        if HELD.try_with(|slot| slot.replace(held.take())).is_err() {
            let_go(held);
        }
    }

    extern "C" fn parent() {
        let_go(HELD.try_with(RefCell::take).ok().flatten());
    }

    fn let_go(held: Option<Held>) {
        #[cfg(not(all(feature = "serve", target_os = "linux")))]
        drop(held);
        #[cfg(all(feature = "serve", target_os = "linux"))]
        if let Some(mut held) = held {
            let sampler = held.sampler.take();
            drop(held); // its thread begins when the locks that it takes are free
            if let Some(sampler) = sampler {
                sampler.go_on();
            }
        }
    }

    extern "C" fn child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        spin::after_fork();
        let held = HELD.try_with(RefCell::take).ok().flatten();
        let Some(held) = held else { return };
        #[cfg(all(feature = "serve", target_os = "linux"))]
        {
            held.serve.abandon();
            if let Some(sampler) = held.sampler {
                sampler.abandon();
            }
        }
        let (mut registry, mut watch, mut buckets) = (held.registry, held.watch, held.buckets);
        let survivor = ThreadId::current();
        for bucket in &mut buckets {
            bucket.retain_thread(survivor);
        }
        registry.retain_thread(survivor);
        watch.retain_thread(survivor);
    }
}
