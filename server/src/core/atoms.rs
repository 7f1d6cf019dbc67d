//! Atoms: what editors share. The store keeps them and judges revisions; here they are asked for and told of.

use super::{Step, stored::Then};
use crate::{
    protocol::{
        Raw, RpcId, SessionId,
        atom::{
            Atom, AtomDeleteParams, AtomList, AtomListParams, AtomRef, AtomRevision, AtomSetParams,
            AtomValue,
        },
        host::Done,
        note,
    },
    store::{Answer, Error, atoms::Request},
};

/// What waits for the store.
pub(super) struct Kept {
    session: SessionId,
    id: RpcId,
    then: Told,
}

enum Told {
    Value,
    List,
    /// Set to this, which everyone is to know.
    Set {
        key: String,
        value: Raw,
    },
    Deleted {
        key: String,
    },
}

impl Step<'_> {
    pub(super) fn atom_get(&mut self, session: SessionId, id: RpcId, params: AtomRef) {
        self.atom(session, id, Request::Get { key: params.key }, Told::Value);
    }

    pub(super) fn atom_set(&mut self, session: SessionId, id: RpcId, params: AtomSetParams) {
        let AtomSetParams { key, value, if_revision } = params;
        let value = Raw::of(&value);
        let then = Told::Set { key: key.clone(), value: value.clone() };
        self.atom(session, id, Request::Set { key, value, if_revision }, then);
    }

    pub(super) fn atom_delete(&mut self, session: SessionId, id: RpcId, params: AtomDeleteParams) {
        let AtomDeleteParams { key, if_revision } = params;
        let then = Told::Deleted { key: key.clone() };
        self.atom(session, id, Request::Delete { key, if_revision }, then);
    }

    pub(super) fn atom_list(&mut self, session: SessionId, id: RpcId, params: AtomListParams) {
        let prefix = params.prefix.unwrap_or_default();
        self.atom(session, id, Request::List { prefix }, Told::List);
    }

    fn atom(&mut self, session: SessionId, id: RpcId, request: Request, then: Told) {
        if self.may_keep(session, &id) {
            self.store(request.into(), Then::Atom(Kept { session, id, then }));
        }
    }

    pub(super) fn atom_stored(&mut self, kept: Kept, result: Result<Answer, Error>) {
        let Kept { session, id, then } = kept;
        match (then, result) {
            (Told::Value, Ok(Answer::Atom(atom))) => {
                let (value, revision) =
                    atom.map_or((Raw::null(), 0), |atom| (atom.value, atom.revision));
                self.answer(session, id, &AtomValue { value, revision });
            }
            (Told::List, Ok(Answer::Atoms(atoms))) => {
                let atoms = atoms
                    .into_iter()
                    .map(|atom| Atom { key: atom.key, value: atom.value, revision: atom.revision })
                    .collect();
                self.answer(session, id, &AtomList { atoms });
            }
            (Told::Set { key, value }, Ok(Answer::Revision(revision))) => {
                self.answer(session, id, &AtomRevision { revision });
                self.tell_atom(&Atom { key, value, revision });
            }
            (Told::Deleted { key }, Ok(Answer::Changed(changed))) => {
                self.answer(session, id, &Done {});
                if changed {
                    self.tell_atom(&Atom { key, value: Raw::null(), revision: 0 });
                }
            }
            (_, Err(error)) => self.fail(session, id, error.into()),
            (_, Ok(_)) => self.fail(session, id, Self::misanswered()),
        }
    }

    fn tell_atom(&mut self, atom: &Atom) {
        self.broadcast("atom", &note::AtomChanged(atom), |session| session.trusted);
    }
}
