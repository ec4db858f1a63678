#pragma once
#include <set>

#include "tests/support/situations.h"

namespace doorstep::support {

/// Puts a situation into the real app control by control, each known by its key; how a control is found and worked is for whoever
/// derives from this. What does not end as it should throws, with the question and what is on the screen.
class FormHand : public Hand {
 public:
  FormHand(const rules::Form& form, const state::Caseload& caseload) : form_(form), caseload_(caseload) {}

  void show(base::Id child) override;
  bool has_step(base::Id child, base::Id step) override;
  base::Id add(const state::Place& list) override;
  base::Id call(const state::Place& list, bool answered) override;
  void put(const state::Place& to, const state::FieldValue& value) override;
  /// What an earlier situation left open with the same children.
  void leave_the_other_steps(const model::Visit& from);

  std::size_t pasted = 0, pasted_bytes = 0;

 protected:
  virtual std::set<std::string> keys() = 0;                     ///< of all that is on the screen, after it came to rest
  virtual bool is_written(const std::string& key) = 0;          ///< a field is there
  virtual bool is_chosen(const std::string& key) = 0;
  /// Presses what is on the screen and waits for what comes of it.
  virtual void work(const std::string& key) = 0;
  virtual void write(const std::string& key, const std::string& text) = 0;  ///< all of the field's text; `text` as a paste takes it
  virtual std::string written(const std::string& key) = 0;      ///< of a long text, how it begins
  /// One after the other, from the first on.
  virtual void write_all(const std::vector<std::pair<std::string, std::string>>& fields) = 0;
  virtual void work_named(const std::string& name, const std::string& role) = 0;  ///< the same, by its name; role: view::role_word
  virtual std::string screen() = 0;                             ///< for a message

  [[noreturn]] void fail(const std::string& key, const std::string& wanted, const std::string& seen);

 private:
  bool is_there(const std::string& key) { return keys().contains(key); }
  void words(const state::Place& to, const std::string& key, const std::string& text);
  void press(const std::string& key);
  void choose(const std::string& key);
  void paste(const std::string& key, const std::string& text);
  void boxes(const std::vector<std::pair<std::string, std::string>>& all);
  void date(const std::string& key, const base::Date& day);
  void moment(const std::string& key, const std::string& text);
  std::set<base::Id> elements(const state::Place& list);
  base::Id appears(const state::Place& list, const std::function<void()>& act);

  const rules::Form& form_;
  const state::Caseload& caseload_;
};

/// What the screen asks: a mark is put in the middle of its figure, not on a point of its own; why it is late only when it is.
model::Visit as_asked(model::Visit visit, const rules::Form& form);

}  // namespace doorstep::support
