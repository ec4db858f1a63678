#include "app/provision/report.h"

#include <iostream>

namespace doorstep::provision {

int Report::done(std::string_view words, boost::json::object facts, bool changed) const {
  if (!json) {
    std::cout << words << '\n';
    return kDone;
  }
  facts["result"] = changed ? "done" : "unchanged";
  facts["code"] = kDone;
  std::cout << boost::json::serialize(facts) << '\n';
  return kDone;
}

int Report::refused(std::string_view happened, std::string_view safe, std::string_view to_do) const {
  return say(kRefused, happened, safe, to_do);
}

int Report::could_not(std::string_view happened, std::string_view safe, std::string_view to_do) const {
  return say(kCouldNot, happened, safe, to_do);
}

int Report::could_not(std::string_view happened, const base::Error& error, std::string_view safe, std::string_view to_do) const {
  return say(kCouldNot, std::string(happened) + "\n" + error.detail + " [" + error.where + "]", safe, to_do);
}

int Report::refused(const std::string& file, const std::vector<config::Problem>& problems, std::string_view safe,
                    std::string_view to_do) const {
  return say(kRefused, file + " has " + std::to_string(problems.size()) + (problems.size() == 1 ? " problem." : " problems."), safe, to_do,
             problems);
}

int Report::say(int code, std::string_view happened, std::string_view safe, std::string_view to_do,
                const std::vector<config::Problem>& problems) const {
  if (json) {
    boost::json::array list;
    for (const auto& problem : problems)
      list.push_back({{"file", problem.file}, {"line", problem.line}, {"key", problem.key}, {"what", problem.what},
                      {"right", problem.would_be_right}});
    std::cout << boost::json::serialize(boost::json::object{{"result", code == kRefused ? "refused" : "could_not"}, {"code", code},
                                                            {"happened", happened}, {"safe", safe}, {"to_do", to_do},
                                                            {"problems", list}})
              << '\n';
    return code;
  }
  for (const auto& problem : problems) std::cout << problem << '\n';
  std::cerr << happened << '\n';
  if (!safe.empty()) std::cerr << "Safe: " << safe << '\n';
  if (!to_do.empty()) std::cerr << "To do: " << to_do << '\n';
  return code;
}

}  // namespace doorstep::provision
