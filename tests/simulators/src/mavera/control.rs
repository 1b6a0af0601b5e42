//! What people do in the account, outside the API.

use serde_json::{Map, Value};

use crate::mavera::MaveraSim;
use crate::mavera::state::{NoSuch, Persona};

impl MaveraSim {
    /// Makes a persona by hand, which costs nothing here. Gives its id.
    pub fn add_persona(&self, name: &str) -> String {
        self.add(name, false)
    }

    /// Adds one of Mavera's own personas, which every account sees.
    pub fn add_global_persona(&self, name: &str) -> String {
        self.add(name, true)
    }

    /// Deletes a persona by hand.
    ///
    /// # Errors
    /// If there is no such persona.
    pub fn delete_persona(&self, id: &str) -> Result<(), NoSuch> {
        let mut account = self.lock();
        let place = account.personas.iter().position(|persona| persona.id == id);
        account.personas.remove(place.ok_or(NoSuch("persona"))?);
        Ok(())
    }

    /// The account's own personas, in the order they were made.
    pub fn personas(&self) -> Vec<Persona> {
        self.lock().personas.iter().filter(|persona| !persona.is_global).cloned().collect()
    }

    /// The account's own persona with this id.
    pub fn persona(&self, id: &str) -> Option<Persona> {
        self.personas().into_iter().find(|persona| persona.id == id)
    }

    /// The credits that are left.
    pub fn credits(&self) -> u64 {
        self.lock().credits
    }

    fn add(&self, name: &str, is_global: bool) -> String {
        let (created, mut account) = (self.now(), self.lock());
        let id = account.next_id();
        account.personas.push(Persona {
            id: id.clone(),
            name: name.to_owned(),
            description: String::new(),
            demographic: Value::Object(Map::new()),
            others: Map::new(),
            is_global,
            created,
        });
        id
    }
}
