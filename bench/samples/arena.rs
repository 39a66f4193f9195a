//! A typed arena with generational handles.
//!
//! Values live in one vector; a handle is an index and the generation that the slot had when the
//! value was put there. Removing a value bumps the generation, so that a stale handle finds
//! nothing instead of somebody else's value.

use std::fmt::{self, Debug, Formatter};
use std::iter::{Enumerate, FusedIterator};
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};
use std::{mem, slice, vec};

#[cfg(feature = "serde")]
use serde::{de::Deserializer, ser::SerializeSeq, Deserialize, Serialize};

pub(crate) mod handle;

/// The greatest number of slots an arena can have.
pub const MAX_SLOTS: usize = u32::MAX as usize - 1;

/// Names one value of an [`Arena`] for as long as it lives there.
///
/// Eight bytes, and so is `Option<Handle<T>>`.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle<T> {
    index: u32,
    generation: NonZeroU32,
    _owner: PhantomData<fn() -> T>,
}

// Derived implementations would ask for `T: Copy`, which a handle does not need.
impl<T> Clone for Handle<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> Debug for Handle<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}v{}", self.index, self.generation)
    }
}

#[derive(Clone, Debug)]
enum Slot<T> {
    /// Holds a value.
    Full { generation: NonZeroU32, value: T },
    /// Waits for one; `next` is the slot that was free before.
    Free { generation: NonZeroU32, next: Option<u32> },
}

/// See the [module](self).
#[derive(Clone)]
pub struct Arena<T> {
    slots: Vec<Slot<T>>,
    first_free: Option<u32>,
    len: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena::new()
    }
}

impl<T> Arena<T> {
    /// An empty arena, which has allocated nothing.
    pub const fn new() -> Arena<T> {
        Arena { slots: Vec::new(), first_free: None, len: 0 }
    }

    /// An empty arena with room for `capacity` values.
    ///
    /// # Panics
    ///
    /// If `capacity` is more than [`MAX_SLOTS`].
    pub fn with_capacity(capacity: usize) -> Arena<T> {
        assert!(capacity <= MAX_SLOTS, "an arena has at most {MAX_SLOTS} slots");
        Arena { slots: Vec::with_capacity(capacity), first_free: None, len: 0 }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a value into the slot that became free last, or into a new one.
    ///
    /// ```
    /// # use arena::Arena;
    /// let mut arena = Arena::new();
    /// let answer = arena.insert(42);
    /// assert_eq!(arena[answer], 42);
    /// ```
    pub fn insert(&mut self, value: T) -> Handle<T> {
        self.len += 1;
        if let Some(index) = self.first_free {
            let slot = &mut self.slots[index as usize];
            let generation = match *slot {
                Slot::Free { generation, next } => {
                    self.first_free = next;
                    generation
                }
                Slot::Full { .. } => unreachable!("a full slot is in the list of the free ones"),
            };
            *slot = Slot::Full { generation, value };
            return Handle { index, generation, _owner: PhantomData };
        }
        let index = u32::try_from(self.slots.len()).expect("too many slots");
        let generation = NonZeroU32::MIN;
        self.slots.push(Slot::Full { generation, value });
        Handle { index, generation, _owner: PhantomData }
    }

    /// Takes the value out, if it is still there.
    pub fn remove(&mut self, handle: Handle<T>) -> Option<T> {
        let slot = self.slots.get_mut(handle.index as usize)?;
        match slot {
            Slot::Full { generation, .. } if *generation == handle.generation => {}
            _ => return None,
        }
        let next = self.first_free;
        // A slot whose generations are used up is never used again.
        let free = match handle.generation.checked_add(1) {
            Some(generation) => {
                self.first_free = Some(handle.index);
                Slot::Free { generation, next }
            }
            None => Slot::Free { generation: handle.generation, next: None },
        };
        self.len -= 1;
        match mem::replace(slot, free) {
            Slot::Full { value, .. } => Some(value),
            Slot::Free { .. } => None,
        }
    }

    pub fn get(&self, handle: Handle<T>) -> Option<&T> {
        match self.slots.get(handle.index as usize) {
            Some(Slot::Full { generation, value }) if *generation == handle.generation => {
                Some(value)
            }
            _ => None,
        }
    }

    pub fn get_mut(&mut self, handle: Handle<T>) -> Option<&mut T> {
        match self.slots.get_mut(handle.index as usize) {
            Some(Slot::Full { generation, value }) if *generation == handle.generation => {
                Some(value)
            }
            _ => None,
        }
    }

    /// Keeps the values for which `keep` is true.
    pub fn retain<F>(&mut self, mut keep: F)
    where
        F: FnMut(Handle<T>, &mut T) -> bool,
    {
        for index in 0..self.slots.len() {
            let handle = match &mut self.slots[index] {
                Slot::Full { generation, value } => {
                    let handle =
                        Handle { index: index as u32, generation: *generation, _owner: PhantomData };
                    if keep(handle, value) {
                        continue;
                    }
                    handle
                }
                Slot::Free { .. } => continue,
            };
            drop(self.remove(handle));
        }
    }

    pub fn iter(&self) -> Iter<'_, T> {
        Iter { slots: self.slots.iter().enumerate(), left: self.len }
    }
}

impl<T> Index<Handle<T>> for Arena<T> {
    type Output = T;

    #[track_caller]
    fn index(&self, handle: Handle<T>) -> &T {
        self.get(handle).expect("the handle's value is gone")
    }
}

impl<T> IndexMut<Handle<T>> for Arena<T> {
    #[track_caller]
    fn index_mut(&mut self, handle: Handle<T>) -> &mut T {
        self.get_mut(handle).expect("the handle's value is gone")
    }
}

/// The values of an arena in the order of their slots.
pub struct Iter<'a, T: 'a> {
    slots: Enumerate<slice::Iter<'a, Slot<T>>>,
    left: usize,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = (Handle<T>, &'a T);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (index, slot) = self.slots.next()?;
            if let &Slot::Full { generation, ref value } = slot {
                self.left -= 1;
                let handle = Handle { index: index as u32, generation, _owner: PhantomData };
                return Some((handle, value));
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'a, T> ExactSizeIterator for Iter<'a, T> {}
impl<'a, T> FusedIterator for Iter<'a, T> {}

impl<'a, T> IntoIterator for &'a Arena<T> {
    type Item = (Handle<T>, &'a T);
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> Extend<T> for Arena<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        for value in values {
            self.insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_handle_finds_nothing() {
        let mut arena = Arena::new();
        let first = arena.insert("first");
        assert_eq!(arena.remove(first), Some("first"));
        let second = arena.insert("second");
        assert_eq!(second.index, first.index, "the slot is used again");
        assert_ne!(second, first);
        assert_eq!(arena.get(first), None);
        assert_eq!(arena.remove(first), None);
        assert_eq!(arena[second], "second");
    }

    #[test]
    fn retain_visits_each_value_once() {
        let mut arena = Arena::new();
        arena.extend(0..100);
        let mut seen = vec![];
        arena.retain(|_, value| {
            seen.push(*value);
            *value % 3 == 0
        });
        assert_eq!(seen, (0..100).collect::<Vec<i32>>());
        assert_eq!(arena.len(), 34);
        assert!(arena.iter().all(|(_, value)| value % 3 == 0));
    }
}
