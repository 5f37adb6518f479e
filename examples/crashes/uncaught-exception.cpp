// SPDX-License-Identifier: Apache-2.0
// An exception that nobody catches.
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

[[gnu::noinline]] static int port_of(const std::map<std::string, std::string>& settings) {
  return std::stoi(settings.at("port"));
}

int main() {
  const std::map<std::string, std::string> settings{{"host", "localhost"}, {"port", "http"}};
  std::cout << port_of(settings) << std::endl;
}
