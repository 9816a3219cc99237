//! Grading and disposition of the lines of any return, in any state.

use serde_json::Value;

use super::World;
use crate::sandbox::grading::{
    CategoryForm, Condition, Disposition, Item, foreign_line, read_assessment, read_grading,
};
use crate::sandbox::model::Line;
use crate::sandbox::refused::Refused;

impl World {
    /// All items or none: nothing is written if one line is not there. A second grading of the
    /// same line replaces the first.
    pub(in crate::sandbox) fn grade(
        &mut self,
        body: &Value,
        form: CategoryForm,
    ) -> Result<Value, Refused> {
        let mut items = read_grading(body, form)?;
        for item in &items {
            self.line(item.line_item_id)
                .ok_or_else(|| foreign_line(form, item.position))?;
        }
        for item in &mut items {
            item.found.settle(&mut self.categories);
            if let Some(line) = self.line_mut(item.line_item_id) {
                line.condition = Some(item.found.clone());
            }
        }
        Ok(items.iter().map(Item::<Condition>::json).collect())
    }

    /// As [`grade`](World::grade).
    pub(in crate::sandbox) fn assess(
        &mut self,
        body: &Value,
        form: CategoryForm,
    ) -> Result<Value, Refused> {
        let items = read_assessment(body)?;
        for item in &items {
            self.line(item.line_item_id)
                .ok_or_else(|| foreign_line(form, item.position))?;
        }
        let answer = items.iter().map(Item::<Disposition>::json).collect();
        for item in items {
            if let Some(line) = self.line_mut(item.line_item_id) {
                line.disposition = Some(item.found);
            }
        }
        Ok(answer)
    }

    /// Every pair of subject and title that a grading can match.
    pub(in crate::sandbox) fn condition_categories(&self) -> Vec<(String, String)> {
        self.categories.pairs()
    }

    fn line(&self, id: u64) -> Option<&Line> {
        self.returns()
            .flat_map(|record| &record.lines)
            .find(|line| line.line_item_id == id)
    }

    fn line_mut(&mut self, id: u64) -> Option<&mut Line> {
        self.returns
            .values_mut()
            .flat_map(|record| &mut record.lines)
            .find(|line| line.line_item_id == id)
    }
}
