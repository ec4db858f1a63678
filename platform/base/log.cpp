#include "platform/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "platform/base/error.h"

namespace doorstep::base {
namespace {

spdlog::logger& logger() {
  static auto instance = [] {
    auto made = spdlog::stderr_logger_mt("doorstep");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e %v");
    return made;
  }();
  return *instance;
}

}  // namespace

void log_event(std::string_view code) { logger().info("{}", code); }
void log_event(std::string_view code, const Id& id) { logger().info("{} {}", code, id.str()); }
void log_event(std::string_view code, const Id& id, std::int64_t number) { logger().info("{} {} {}", code, id.str(), number); }
void log_event(std::string_view code, std::int64_t number) { logger().info("{} {}", code, number); }
void log_error(std::string_view code, const Error& error) {
  logger().warn("{} {} {}", code, fault_word(error.fault), error.where);
}

}  // namespace doorstep::base
