// SPDX-License-Identifier: MIT
#include "judge/server.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <curl/curl.h>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>

namespace phiscope::judge {
namespace {

constexpr std::size_t largest_body = 1'000'000;  // bytes
constexpr long connect_timeout_s = 10;

/// libcurl's tables, once for the process.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error("libcurl: cannot be started");
}

struct FreeCurl {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeCurl>;

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string result = text;
  curl_free(text);
  return result;
}

bool names_this_machine(const std::string& host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && std::ranges::all_of(host, [](unsigned char c) {
            return std::isdigit(c) != 0 || c == '.';
          }));
}

/// What is kept of a response while it arrives.
struct Arriving {
  Response response;
  bool too_large = false;
  std::chrono::seconds patience{};  ///< without a byte
  std::chrono::steady_clock::time_point last_byte = std::chrono::steady_clock::now();
};

/// Ends a transfer without bytes for too long; libcurl asks about once a second.
int is_idle(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& arriving = *static_cast<Arriving*>(of);
  return std::chrono::steady_clock::now() - arriving.last_byte > arriving.patience ? 1 : 0;
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& arriving = *static_cast<Arriving*>(to);
  const std::size_t all = size * count;
  arriving.last_byte = std::chrono::steady_clock::now();
  arriving.too_large = arriving.response.body.size() + all > largest_body;
  if (arriving.too_large) return 0;
  arriving.response.body.append(bytes, all);
  return all;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& arriving = *static_cast<Arriving*>(to);
  arriving.last_byte = std::chrono::steady_clock::now();
  const std::string_view line(bytes, size * count);
  constexpr std::string_view name = "retry-after:";
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
  };
  if (line.size() > name.size() && std::equal(name.begin(), name.end(), line.begin(),
                                              [&](char b, char a) { return same(a, b); })) {
    const std::string_view rest = line.substr(name.size());
    const std::size_t begin = rest.find_first_not_of(" \t");
    const std::size_t end = rest.find_last_not_of(" \t\r\n");
    if (begin != std::string_view::npos && end != std::string_view::npos && end >= begin) {
      arriving.response.retry_after = std::string(rest.substr(begin, end + 1 - begin));
    }
  }
  return size * count;
}

NoResponse failure(CURLcode code, CURL* handle, const Arriving& arriving) {
  if (arriving.too_large) return {.reason = "too_large", .sent = true};
  curl_off_t ready = 0;  // when the request could be sent; 0: the connection never stood
  curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &ready);
  const bool sent = ready > 0;
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_OPERATION_TIMEDOUT:
      return {.reason = sent ? "timeout" : "unreachable", .sent = sent};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return {.reason = "unreachable", .sent = false};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return {.reason = "tls", .sent = true};  // another try would find the same certificate
    default:
      return {.reason = "connection_lost", .sent = true};
  }
}

Headers headers_of(const Key& key) {
  Headers headers;
  const auto add = [&headers](const std::string& line) {
    curl_slist* const first = curl_slist_append(headers.get(), line.c_str());
    if (first == nullptr) throw std::bad_alloc();
    if (headers == nullptr) headers.reset(first);  // later lines are appended in place
  };
  add("Content-Type: application/json");
  add("Expect:");  // nothing is gained by asking first
  if (!key.empty()) add(key.header());
  return headers;
}

}  // namespace

Server::Server(const Options& options, Key key) : options_(options), key_(std::move(key)) {
  start_curl();
  const std::unique_ptr<CURLU, FreeCurl> url(curl_url());
  const std::string what = "--url: ";
  if (url == nullptr ||
      curl_url_set(url.get(), CURLUPART_URL, options.url.c_str(), 0) != CURLUE_OK) {
    throw std::invalid_argument(what + "expected a URL such as https://host/v1/chat/completions");
  }
  const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    throw std::invalid_argument(what + "found " + scheme + ", expected http or https");
  }
  if (!url_part(url.get(), CURLUPART_USER).empty() ||
      !url_part(url.get(), CURLUPART_PASSWORD).empty()) {
    throw std::invalid_argument(what + "found a user or a password in it; the key belongs into " +
                                key_variable);
  }
  is_loopback_ = names_this_machine(url_part(url.get(), CURLUPART_HOST));
  if (scheme == "http" && !is_loopback_ && !key_.empty()) {
    throw std::invalid_argument(what +
                                "http to another machine would show the key to everyone on "
                                "the way: use https, or --no-key");
  }
}

std::variant<Response, NoResponse> Server::post(const std::string& body) const {
  const std::unique_ptr<CURL, FreeCurl> owner(curl_easy_init());
  CURL* const handle = owner.get();
  if (handle == nullptr) throw std::bad_alloc();
  const Headers headers = headers_of(key_);
  Arriving arriving;
  curl_easy_setopt(handle, CURLOPT_URL, options_.url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);  // another host would be given the key
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);        // several threads
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, connect_timeout_s);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, static_cast<long>(options_.timeout_s));
  arriving.patience = std::chrono::seconds(options_.idle_timeout_s);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, is_idle);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &arriving);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &arriving);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &arriving);
  if (is_loopback_) curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return failure(code, handle, arriving);
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &arriving.response.status);
  return std::move(arriving.response);
}

}  // namespace phiscope::judge
