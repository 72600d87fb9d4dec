// SPDX-License-Identifier: MIT
#include "judge/run.hpp"

#include "judge/judgement.hpp"
#include "judge/request.hpp"
#include "judge/server.hpp"
#include "program/parallel.hpp"
#include "shard/file/atomic_file.hpp"
#include "shard/file/lock_file.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

namespace phiscope::judge {
namespace {

namespace fs = std::filesystem;

constexpr int most_tries = 5;

/// A request with what it is cached by.
struct Question {
  Request request;
  std::string body;
  std::string hash;
};

/// Verdicts by hash, on disk as soon as they are known.
class Cache {
 public:
  explicit Cache(const fs::path& file) : file_(file), journal_(file.string() + ".journal") {
    for (Judgement& one : read_judgements(file_, /*may_be_cut=*/false)) keep(std::move(one));
    for (Judgement& one : read_judgements(journal_, /*may_be_cut=*/true)) keep(std::move(one));
  }

  /// The judgement of a hash that need not be asked again.
  [[nodiscard]] const Judgement* find(const std::string& hash, bool retry_missing) const {
    const auto found = by_hash_.find(hash);
    if (found == by_hash_.end()) return nullptr;
    const Judgement& one = found->second;
    return one.is_verdict || (one.answered && !retry_missing) ? &one : nullptr;
  }

  /// Adds a line to the journal. May be called from several threads.
  void add(Judgement judgement) {
    const std::scoped_lock lock(mutex_);
    std::ofstream out(journal_, std::ios::binary | std::ios::app);
    out << judgement_line(judgement) << '\n' << std::flush;
    if (!out) throw std::runtime_error(journal_.string() + ": cannot write");
    keep(std::move(judgement));
  }

  /// Writes the judgements of the questions in order, then all others, and removes the journal.
  void write(const std::vector<Question>& questions) {
    std::string text;
    std::map<std::string, bool> written;
    for (const Question& question : questions) {
      const auto found = by_hash_.find(question.hash);
      if (found == by_hash_.end()) continue;
      Judgement own = found->second;
      own.id = question.request.id;  // two questions may be the same
      text += judgement_line(own) + "\n";
      written[question.hash] = true;
    }
    for (const std::string& hash : order_) {
      if (!written.contains(hash)) text += judgement_line(by_hash_.at(hash)) + "\n";
    }
    shard::write_file(file_, text);
    fs::remove(journal_);
  }

  [[nodiscard]] const std::map<std::string, Judgement>& all() const { return by_hash_; }

 private:
  void keep(Judgement judgement) {
    const std::string hash = judgement.request;
    if (!by_hash_.contains(hash)) order_.push_back(hash);
    by_hash_.insert_or_assign(hash, std::move(judgement));
  }

  fs::path file_;
  fs::path journal_;
  std::mutex mutex_;
  std::map<std::string, Judgement> by_hash_;
  std::vector<std::string> order_;
};

/// Sends questions, waits and tries again.
class Asker {
 public:
  Asker(const Options& options, const Key& key)
      : options_(options), key_(key), server_(options, key) {}

  /// The last reply; its outcome is `failed` where the tries were in vain.
  [[nodiscard]] Reply ask(const std::string& body) {
    Reply reply;
    for (int attempt = 1;; ++attempt) {
      std::optional<double> wait;
      reply = one_try(body, wait);
      if (reply.outcome != Outcome::retry) return reply;
      if (!wait) wait = backoff_seconds(attempt);
      const bool too_long = *wait > static_cast<double>(options_.timeout_s);
      if (attempt == most_tries || too_long) break;
      std::this_thread::sleep_for(std::chrono::duration<double>(*wait));
      if (stopped) break;
    }
    reply.outcome = Outcome::failed;
    return reply;
  }

  std::atomic<bool> stopped = false;  ///< another request has found that none will be answered
  std::atomic<std::size_t> sent = 0;

 private:
  Reply one_try(const std::string& body, std::optional<double>& wait) {
    ++sent;
    const auto answer = server_.post(body);
    if (const auto* none = std::get_if<NoResponse>(&answer)) {
      return {.outcome = none->sent ? Outcome::failed : Outcome::retry, .why = none->reason};
    }
    const auto& response = std::get<Response>(answer);
    if (response.retry_after) wait = retry_after_seconds(*response.retry_after, std::time(nullptr));
    Reply reply = read_reply(response);
    for (std::string* text : {&reply.why, &reply.model, &reply.provider, &reply.id}) {
      *text = key_.without(*text);
    }
    reply.usage = key_.without_in(reply.usage);
    return reply;
  }

  /// Doubled for each try, and between half of that and all of it, lest all come back at once.
  [[nodiscard]] double backoff_seconds(int attempt) const {
    static thread_local std::minstd_rand engine(std::random_device{}());
    const double share = 0.5 + 0.5 * static_cast<double>(engine()) / std::minstd_rand::max();
    return share * 1e-3 * static_cast<double>(options_.backoff_ms) * std::ldexp(1.0, attempt - 1);
  }

  const Options& options_;
  const Key& key_;
  Server server_;
};

std::vector<Question> questions_of(const Options& options) {
  std::vector<Question> questions;
  for (Request& request : read_requests(options.requests)) {
    std::string body = request_body(request, options);
    std::string hash = request_hash(body);
    questions.push_back({std::move(request), std::move(body), std::move(hash)});
  }
  return questions;
}

/// Questions without an answer, each hash once, as many as may be sent.
std::vector<const Question*> open_questions(const std::vector<Question>& questions,
                                            const Cache& cache, const Options& options) {
  std::vector<const Question*> open;
  if (options.offline) return open;
  std::map<std::string, bool> seen;
  for (const Question& question : questions) {
    if (cache.find(question.hash, options.retry_missing) != nullptr || seen[question.hash])
      continue;
    if (options.limit > 0 && open.size() == options.limit) break;
    seen[question.hash] = true;
    open.push_back(&question);
  }
  return open;
}

Judgement judgement_of(const Question& question, const Reply& reply, const Options& options) {
  return {.id = question.request.id,
          .request = question.hash,
          .is_verdict = reply.outcome == Outcome::verdict,
          .distinct = reply.distinct,
          .answered = reply.outcome == Outcome::verdict || reply.outcome == Outcome::missing,
          .reason = reply.why,
          .asked_model = options.model,
          .model = reply.model,
          .provider = reply.provider,
          .response = reply.id,
          .usage = reply.usage};
}

/// Asks all; returns why no more will be answered, or nothing.
std::string ask_all(const std::vector<const Question*>& open, const Options& options, Asker& asker,
                    Cache& cache) {
  std::mutex mutex;
  std::string fatal;
  for_each_tile(open.size(), options.concurrency, [&](std::size_t i) {
    if (asker.stopped) return;
    const Reply reply = asker.ask(open[i]->body);
    if (reply.outcome == Outcome::fatal) {
      const std::scoped_lock lock(mutex);
      asker.stopped = true;
      if (fatal.empty()) fatal = reply.why;
      return;
    }
    cache.add(judgement_of(*open[i], reply, options));
  });
  return fatal;
}

Summary summary_of(const std::vector<Question>& questions, const Cache& cache) {
  Summary summary{.requests = questions.size(), .missing = {}};
  for (const Question& question : questions) {
    const auto found = cache.all().find(question.hash);
    if (found == cache.all().end()) {
      ++summary.not_asked;
    } else if (found->second.is_verdict) {
      ++summary.verdicts;
    } else {
      ++summary.missing[found->second.reason];
    }
  }
  return summary;
}

fs::path judgements_of(const Options& options) {
  return options.judgements.empty() ? options.requests.parent_path() / "judgements.jsonl"
                                    : options.judgements;
}

}  // namespace

Summary run(const Options& options, const Key& key) {
  const fs::path file = judgements_of(options);
  const std::vector<Question> questions = questions_of(options);
  const auto lock = shard::LockFile::try_take(file.string() + ".lock");
  if (!lock) throw std::runtime_error(file.string() + ": another judge is writing it");
  Cache cache(file);
  const auto is_cached = [&](const Question& question) {
    return cache.find(question.hash, options.retry_missing) != nullptr;
  };
  const auto cached = static_cast<std::size_t>(std::ranges::count_if(questions, is_cached));
  const std::vector<const Question*> open = open_questions(questions, cache, options);
  std::size_t sent = 0;
  std::string fatal;
  if (!open.empty()) {
    Asker asker(options, key);
    fatal = ask_all(open, options, asker, cache);
    sent = asker.sent;
  }
  cache.write(questions);
  if (!fatal.empty()) throw std::runtime_error(fatal);
  Summary summary = summary_of(questions, cache);
  summary.sent = sent;
  summary.cached = cached;
  return summary;
}

std::string summary_line(const Summary& summary, const Options& options) {
  nlohmann::ordered_json missing = nlohmann::ordered_json::object();
  for (const auto& [reason, count] : summary.missing) missing[reason] = count;
  const nlohmann::ordered_json line = {{"requests", summary.requests},
                                       {"sent", summary.sent},
                                       {"cached", summary.cached},
                                       {"verdicts", summary.verdicts},
                                       {"missing", missing},
                                       {"not_asked", summary.not_asked},
                                       {"out", judgements_of(options).string()}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace phiscope::judge
