//! Signals and closures of one type each.
//!
//! The compiler makes a copy of the reactive machinery for each type of signal and for each closure
//! in a view; here values and closures are boxed first, so the page carries one copy. What a page
//! uses: [`Live`], [`Derived`], [`derived`], [`dynamic`], [`attr`], [`on`], [`effect`].

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::*;

/// A value of any type.
pub type Shared = Arc<dyn Any + Send + Sync>;

/// What can be held by a signal.
pub trait Held: Clone + PartialEq + Send + Sync + 'static {}

impl<T: Clone + PartialEq + Send + Sync + 'static> Held for T {}

fn seen<T: 'static>(value: &Shared) -> &T {
    match value.downcast_ref() {
        Some(value) => value,
        None => unreachable!("a signal holds the type it was made for"),
    }
}

/// A value that views follow.
#[derive(Debug)]
pub struct Live<T>(RwSignal<Shared>, PhantomData<fn() -> T>);

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Live<T> {}

impl<T: Held> Live<T> {
    /// Makes a signal that goes with the current owner.
    pub fn new(value: T) -> Self {
        Self(RwSignal::new(Arc::new(value)), PhantomData)
    }

    /// The value; who asks is told when it changes.
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    /// The value.
    pub fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }

    /// Looks at the value; who asks is told when it changes.
    pub fn with<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(seen(&self.0.get()))
    }

    /// Looks at the value.
    pub fn with_untracked<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(seen(&self.0.get_untracked()))
    }

    /// Follows the value without looking at it.
    pub fn track(self) {
        self.0.track();
    }

    /// Gives a new value and tells all who follow. A page that has gone is not told.
    pub fn set(self, value: T) {
        drop(self.0.try_set(Arc::new(value)));
    }

    /// Gives a new value; tells nobody when it is the one it has.
    pub fn fresh(self, value: T) {
        if self.with_untracked(|old| *old != value) {
            self.set(value);
        }
    }
}

/// A value that views follow, kept by whoever holds it, whatever its type.
pub type Boxed = ArcRwSignal<Shared>;

/// A value that views follow, kept by whoever holds it.
#[derive(Debug)]
pub struct Kept<T>(Boxed, PhantomData<fn() -> T>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<T: Held> Kept<T> {
    /// Makes a signal.
    pub fn new(value: T) -> Self {
        Self(ArcRwSignal::new(Arc::new(value)), PhantomData)
    }

    /// The signal without its type.
    pub fn boxed(self) -> Boxed {
        self.0
    }

    /// A signal whose type the caller knows.
    pub fn of(boxed: Boxed) -> Self {
        Self(boxed, PhantomData)
    }

    /// The signal for the current owner.
    pub fn live(&self) -> Live<T> {
        Live(RwSignal::from(self.0.clone()), PhantomData)
    }

    /// The value; who asks is told when it changes.
    pub fn get(&self) -> T {
        seen::<T>(&self.0.get()).clone()
    }

    /// The value.
    pub fn get_untracked(&self) -> T {
        seen::<T>(&self.0.get_untracked()).clone()
    }

    /// Gives a new value and tells all who follow.
    pub fn set(&self, value: T) {
        self.0.set(Arc::new(value));
    }

    /// Gives a new value; tells nobody when it is the one it has.
    pub fn fresh(&self, value: T) {
        if *seen::<T>(&self.0.get_untracked()) != value {
            self.set(value);
        }
    }
}

/// A value reckoned from others; who follows it is told only when it is another.
#[derive(Debug)]
pub struct Derived<T>(Memo<Shared>, PhantomData<fn() -> T>);

impl<T> Clone for Derived<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Derived<T> {}

impl<T: Held> Derived<T> {
    /// The value; who asks is told when it changes.
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    /// Looks at the value; who asks is told when it changes.
    pub fn with<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(seen(&self.0.get()))
    }
}

/// Reckons a value from others.
pub fn derived<T: Held>(reckon: impl Fn() -> T + Send + Sync + 'static) -> Derived<T> {
    let memo = memo(Box::new(move |old| {
        let new = reckon();
        match old {
            Some(old) if *seen::<T>(&old) == new => (old, false),
            _ => (Arc::new(new), true),
        }
    }));
    Derived(memo, PhantomData)
}

type Reckon = Box<dyn Fn(Option<Shared>) -> (Shared, bool) + Send + Sync>;

fn memo(reckon: Reckon) -> Memo<Shared> {
    Memo::new_owning(reckon)
}

/// A part of a view that is drawn anew when what it follows changes.
pub fn dynamic<V: IntoAny>(mut draw: impl FnMut() -> V + Send + 'static) -> AnyView {
    drawn(Box::new(move || draw().into_any()))
}

fn drawn(draw: Box<dyn FnMut() -> AnyView + Send>) -> AnyView {
    draw.into_any()
}

/// The value of an attribute that follows.
pub fn attr<T>(value: impl FnMut() -> T + Send + 'static) -> Box<dyn FnMut() -> T + Send> {
    Box::new(value)
}

/// What is done on an event.
pub fn on<E>(heard: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(heard)
}

/// What is done at once and whenever what it follows changes.
pub fn effect(act: impl FnMut() + 'static) {
    acted(Box::new(act));
}

fn acted(mut act: Box<dyn FnMut()>) {
    Effect::new(move |_| act());
}
