#include "app/shell/shell.h"

#include <SDL.h>
#include <imgui.h>
#include <imgui_impl_sdl2.h>
#include <imgui_impl_sdlrenderer2.h>
#include <imgui_internal.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstring>
#include <mutex>

#include "app/shell/accessibility.h"
#include "app/shell/font_files.h"
#include "app/shell/semantics_writer.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"
#include "platform/base/secret.h"

namespace doorstep::shell {

using base::Error;
using base::Fault;
using base::Millis;
using base::Result;

namespace {

constexpr int kSettle = 3;  ///< frames until layout, popups and focus have come to rest (Dear ImGui #1206)
constexpr Millis kRetryWriting{10};
constexpr Millis kNextFrame{8};  ///< of what moves by itself, where the display does not keep time: 125 frames a second
constexpr Millis kIdleAgain{20};  ///< a client that names no later deadline is not asked more often
constexpr std::size_t kCoveringFingers = 3;
constexpr std::uint32_t kSameWords = 50;  ///< milliseconds: the last piece of words may be a single letter
constexpr float kLongestStep = 0.05f;  ///< seconds: after a sleep a held key must not repeat at once

std::uint64_t mix(std::uint64_t hash, const void* data, std::size_t bytes) {
  const auto* p = static_cast<const unsigned char*>(data);
  const auto add = [&](std::uint64_t word) { hash = std::rotl((hash ^ word) * 0x9E3779B97F4A7C15u, 29); };
  for (; bytes >= 8; p += 8, bytes -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    add(word);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, p, bytes);
  add(rest ^ (static_cast<std::uint64_t>(bytes) << 56));
  return hash;
}

std::uint64_t hash_of(const ImDrawData& data) {
  std::uint64_t hash = mix(1, &data.DisplaySize, sizeof data.DisplaySize);
  for (const ImDrawList* list : data.CmdLists) {
    hash = mix(hash, list->VtxBuffer.Data, static_cast<std::size_t>(list->VtxBuffer.size_in_bytes()));
    hash = mix(hash, list->IdxBuffer.Data, static_cast<std::size_t>(list->IdxBuffer.size_in_bytes()));
    for (const ImDrawCmd& cmd : list->CmdBuffer) {
      hash = mix(hash, &cmd.ClipRect, sizeof cmd.ClipRect);
      hash = mix(hash, &cmd.ElemCount, sizeof cmd.ElemCount);
    }
  }
  return hash;
}

bool any_key_down() {
  const ImGuiIO& io = ImGui::GetIO();
  return std::any_of(std::begin(io.KeysData), std::end(io.KeysData), [](const ImGuiKeyData& key) { return key.Down; });
}

}  // namespace

struct Waker::Inner {
  std::mutex mutex;        // guards `open`: SDL may not be called once it has been shut down
  bool open = true;
  std::atomic<bool> sent = false;
  std::uint32_t event = 0;
};

void Waker::wake() const {
  if (!inner_) return;
  const std::lock_guard lock(inner_->mutex);
  if (!inner_->open || inner_->sent.exchange(true)) return;
  SDL_Event event{};
  event.type = inner_->event;
  if (SDL_PushEvent(&event) != 1) inner_->sent = false;
}

struct Shell::Inner {
  Inner(const Options& o, const base::Clock& c) : options(o), clock(c), writer(SemanticsWriter::from_environment()) {}
  Inner(const Inner&) = delete;
  Inner& operator=(const Inner&) = delete;
  ~Inner();

  Result<void> open_window();
  void make_fonts();
  void make_photo();
  void hear(const SDL_Event& event, const Client& client);
  void hear_window(const SDL_WindowEvent& event, const Client& client);
  void hear_text(const SDL_TextInputEvent& event);
  bool frame(const Client& client);
  void show(std::uint64_t hash);
  void write_semantics(bool rests);
  void publish();
  void take_asked();
  void follow_text_input();
  void copied(const char* text);
  void clear_clipboard();
  int wait_ms(const Client& client) const;
  float density() const;

  Options options;
  const base::Clock& clock;
  view::FontFiles files;
  view::Ui ui;
  SemanticsWriter writer;
  Waker waker;
  std::unique_ptr<Accessibility> accessibility;
  SDL_Window* window = nullptr;
  SDL_Renderer* renderer = nullptr;
  ImGuiContext* context = nullptr;
  bool backends = false;

  std::shared_ptr<const state::Pixels> photo;
  SDL_Texture* photo_texture = nullptr;
  std::set<char32_t> seen;
  bool fonts_stale = true;
  std::uint64_t generation = 0;
  int need = kSettle;
  bool running = false, hidden = false, typing = false;
  /// On X11, where SDL shows no keyboard, letters are heard before a frame has given a field the keyboard too: who presses one and
  /// types at once while the app is busy loses none.
  bool hears_letters = false;
  std::optional<std::uint64_t> shown;  ///< hash of what the window shows
  bool rest_unsaid = false;  ///< frames were built since it was last said that the loop rests
  std::optional<std::uint32_t> committed_at;  ///< SDL's time of the last piece of words that no key has made
  std::set<std::pair<SDL_TouchID, SDL_FingerID>> fingers;  ///< on the screen
  std::uint64_t heard = 0;   ///< keys pressed, buttons let go and turns of the wheel
  std::optional<std::uint64_t> copied_hash;  ///< of the text that was put on the clipboard here
  Millis clear_at{0};
  Millis idle_again{0};  ///< no sooner is Notice::Idle said again
  Counts counts;
};

Shell::Inner::~Inner() {
  accessibility.reset();  // before the window it speaks of
  if (context) clear_clipboard();
  if (waker.inner_) {
    const std::lock_guard lock(waker.inner_->mutex);
    waker.inner_->open = false;
  }
  if (context) {
    ImGui::SetCurrentContext(context);
    if (backends) {
      ImGui_ImplSDLRenderer2_Shutdown();
      ImGui_ImplSDL2_Shutdown();
    }
    ImGui::DestroyContext(context);
  }
  if (photo_texture) SDL_DestroyTexture(photo_texture);
  if (renderer) SDL_DestroyRenderer(renderer);
  if (window) SDL_DestroyWindow(window);
  SDL_Quit();
}

Result<void> Shell::Inner::open_window() {
  SDL_SetHint(SDL_HINT_APP_NAME, options.title.c_str());
  SDL_SetHint(SDL_HINT_IME_SHOW_UI, "1");
  SDL_SetHint(SDL_HINT_IME_SUPPORT_EXTENDED_TEXT, "1");
  SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
  SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
  if (SDL_Init(SDL_INIT_VIDEO | SDL_INIT_EVENTS) != 0) {  // no joysticks: they would bring polling back
    return Error{Fault::Unsupported, "shell.open", std::string("no display: ") + SDL_GetError()};
  }
  // Where neither X11 nor Wayland answers, SDL would draw where nobody sees it, and look for events a thousand times a second.
  const std::string_view driver = SDL_GetCurrentVideoDriver();
  if ((driver == "offscreen" || driver == "dummy") && !SDL_GetHint(SDL_HINT_VIDEODRIVER))
    return Error{Fault::Unsupported, "shell.open", "no display: neither X11 nor Wayland was found"};
  window = SDL_CreateWindow(options.title.c_str(), SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, options.width, options.height,
                            SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
  if (!window) return Error{Fault::Unsupported, "shell.open", std::string("no window: ") + SDL_GetError()};
  SDL_SetWindowMinimumSize(window, 320, 320);
  for (const char* name : {"opengles2", "opengl"}) {
    SDL_SetHintWithPriority(SDL_HINT_RENDER_DRIVER, name, SDL_HINT_OVERRIDE);
    renderer = SDL_CreateRenderer(window, -1, SDL_RENDERER_ACCELERATED | SDL_RENDERER_PRESENTVSYNC);
    if (renderer) break;
  }
  if (!renderer) {
    base::log_event("shell.software_renderer");  // draws hairlines and glyph edges less exactly
    SDL_SetHintWithPriority(SDL_HINT_RENDER_DRIVER, "software", SDL_HINT_OVERRIDE);
    renderer = SDL_CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE);
  }
  if (!renderer) return Error{Fault::Unsupported, "shell.open", std::string("no renderer: ") + SDL_GetError()};

  context = ImGui::CreateContext();
  ImGui::SetCurrentContext(context);
  ImGui_ImplSDL2_InitForSDLRenderer(window, renderer);
  ImGui_ImplSDLRenderer2_Init(renderer);
  backends = true;
  ImGui::GetIO().ClipboardUserData = this;
  ImGui::GetIO().SetClipboardTextFn = [](void* self, const char* text) { static_cast<Inner*>(self)->copied(text); };
  hears_letters = driver == "x11";
  if (!hears_letters) SDL_StopTextInput();  // SDL starts it by itself, and a keyboard would come up unasked
  waker.inner_ = std::make_shared<Waker::Inner>();
  waker.inner_->event = SDL_RegisterEvents(1);
  accessibility = std::make_unique<Accessibility>([waker = waker] { waker.wake(); });
  ui.set_look(options.look);
  ui.caret_blinks = options.caret_blinks;
  return {};
}

void Shell::Inner::copied(const char* text) {
  if (options.clipboard_for == Millis(0)) return;
  SDL_SetClipboardText(text);
  copied_hash = mix(1, text, std::strlen(text));
  clear_at = clock.monotonic() + options.clipboard_for;
}

void Shell::Inner::clear_clipboard() {
  if (!copied_hash) return;
  if (char* text = SDL_GetClipboardText()) {
    if (mix(1, text, std::strlen(text)) == *copied_hash) SDL_SetClipboardText("");
    SDL_free(text);
  }
  copied_hash.reset();
}

float Shell::Inner::density() const {
  int w = 0, out = 0;
  SDL_GetWindowSize(window, &w, nullptr);
  SDL_GetRendererOutputSize(renderer, &out, nullptr);
  return w > 0 && out > 0 ? static_cast<float>(out) / static_cast<float>(w) : 1;
}

void Shell::Inner::make_fonts() {
  ui.scale = std::clamp(options.text_scale, 1.0f, 2.0f) * density();
  ImGui_ImplSDLRenderer2_DestroyFontsTexture();
  if (!seen.empty() && files.fallback.empty()) files.fallback = read_fallbacks(options.fonts);
  ui.fonts = view::build_fonts(*ImGui::GetIO().Fonts, files, ui.scale, seen, ++generation);
  view::prepare_context(ui);
  fonts_stale = false;
  shown.reset();
}

void Shell::Inner::make_photo() {
  if (photo_texture) SDL_DestroyTexture(photo_texture);
  photo_texture = nullptr;
  ui.picture = {};
  shown.reset();
  if (!photo) return;
  photo_texture = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGBA32, SDL_TEXTUREACCESS_STATIC, photo->width, photo->height);
  if (!photo_texture) return base::log_event("shell.no_texture");
  SDL_SetTextureScaleMode(photo_texture, SDL_ScaleModeLinear);
  SDL_UpdateTexture(photo_texture, nullptr, photo->rgba.data(), photo->width * 4);
  ui.picture = {photo_texture, photo->width, photo->height};
}

void Shell::Inner::hear_window(const SDL_WindowEvent& event, const Client& client) {
  switch (event.event) {
    case SDL_WINDOWEVENT_MINIMIZED:
    case SDL_WINDOWEVENT_HIDDEN: hidden = true; break;
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_SHOWN:
    case SDL_WINDOWEVENT_EXPOSED:
      hidden = false;
      shown.reset();
      break;
    case SDL_WINDOWEVENT_SIZE_CHANGED:
      if (ui.scale != std::clamp(options.text_scale, 1.0f, 2.0f) * density()) fonts_stale = true;
      shown.reset();
      break;
    case SDL_WINDOWEVENT_FOCUS_LOST:
      fingers.clear();  // they may be lifted elsewhere
      client.notice(Notice::FocusLost);
      break;
    case SDL_WINDOWEVENT_FOCUS_GAINED:
      if (typing) SDL_StartTextInput();  // some keyboards forget it
      client.notice(Notice::FocusGained);
      break;
    default: break;
  }
}

/// A key makes a letter. Several at once, and what follows them in the same moment, are words: dictated, composed or completed.
void Shell::Inner::hear_text(const SDL_TextInputEvent& event) {
  ui.composing.clear();
  const bool follows = committed_at && event.timestamp - *committed_at < kSameWords;
  if (!follows && ImTextCountCharsFromUtf8(event.text, nullptr) < 2) return;
  committed_at = event.timestamp;
  ui.committed = true;
}

void Shell::Inner::hear(const SDL_Event& event, const Client& client) {
  need = kSettle;
  heard += event.type == SDL_KEYDOWN || event.type == SDL_MOUSEBUTTONUP || event.type == SDL_MOUSEWHEEL;
  SDL_Event e = event;
  switch (e.type) {
    case SDL_QUIT:
      client.notice(Notice::Quit);
      running = false;
      return;
    case SDL_WINDOWEVENT: hear_window(e.window, client); break;
    case SDL_RENDER_TARGETS_RESET: shown.reset(); break;
    case SDL_RENDER_DEVICE_RESET:
      fonts_stale = true;
      make_photo();
      break;
    case SDL_DROPFILE:
      client.dropped(e.drop.file);
      SDL_free(e.drop.file);
      return;
    case SDL_KEYDOWN:
      committed_at.reset();
      if (e.key.keysym.sym == SDLK_F9) {
        if (e.key.repeat == 0) client.notice(Notice::Cover);
        return;
      }
      break;
    case SDL_FINGERDOWN:  // only counted: what one finger does arrives as a mouse
      fingers.emplace(e.tfinger.touchId, e.tfinger.fingerId);
      if (fingers.size() == kCoveringFingers) client.notice(Notice::Cover);
      return;
    case SDL_FINGERUP: fingers.erase({e.tfinger.touchId, e.tfinger.fingerId}); return;
    case SDL_TEXTEDITING: ui.composing = e.edit.text; return;
    case SDL_TEXTEDITING_EXT:
      ui.composing = e.editExt.text ? e.editExt.text : "";
      SDL_free(e.editExt.text);
      return;
    case SDL_TEXTINPUT: hear_text(e.text); break;
    case SDL_MOUSEMOTION:
      e.motion.x = static_cast<int>(static_cast<float>(e.motion.x) * density());
      e.motion.y = static_cast<int>(static_cast<float>(e.motion.y) * density());
      break;
    default: break;
  }
  ImGui_ImplSDL2_ProcessEvent(&e);
}

void Shell::Inner::follow_text_input() {
  const bool want = ui.wants_text;
  // A button beside the field is pressed, and hands the keyboard back: one that went would move the button from below the finger.
  const bool is_pressed = ImGui::GetIO().MouseDown[0] || !ui.focus_key.empty();
  if (want == typing || (!want && is_pressed)) return;
  typing = want;
  if (want) {
    SDL_SetHint("SDL_ENABLE_SCREEN_KEYBOARD", ui.touch ? "1" : "0");  // named in newer headers than Debian 12's
    SDL_StartTextInput();
  } else {
    SDL_StopTextInput();
    ui.composing.clear();
    if (hears_letters) SDL_StartTextInput();
  }
}

/// Builds a frame and shows it if it differs from what the window shows; whether it did.
bool Shell::Inner::frame(const Client& client) {
  if (ui.unseen.size() > 0 && seen.size() < limits::kSeenCodePoints) {
    const std::size_t before = seen.size();
    seen.insert(ui.unseen.begin(), ui.unseen.end());
    fonts_stale |= seen.size() != before;
  }
  if (fonts_stale) make_fonts();
  ImGui_ImplSDLRenderer2_NewFrame();
  ImGui_ImplSDL2_NewFrame();
  ImGuiIO& io = ImGui::GetIO();
  int w = 0, h = 0;
  SDL_GetRendererOutputSize(renderer, &w, &h);
  io.DisplaySize = {static_cast<float>(w), static_cast<float>(h)};  // physical pixels: text is rasterised at its real size
  io.DisplayFramebufferScale = {1, 1};
  if (any_key_down()) io.DeltaTime = std::min(io.DeltaTime, kLongestStep);
  const auto start = std::chrono::steady_clock::now();
  ImGui::NewFrame();
  ui.now = clock.wall();
  ui.ticks = clock.monotonic();
  ui.begin_frame();
  client.draw(ui);
  if (ui.animating) ui.wake(ui.ticks + kNextFrame);
  ImGui::Render();
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  counts.longest_build_us = std::max<std::int64_t>(counts.longest_build_us, took.count());
  ++counts.built;
  if (context->InputEventsQueue.empty()) ui.committed = false;
  follow_text_input();
  const std::uint64_t hash = hash_of(*ImGui::GetDrawData());
  const bool differs = shown != hash;
  if (differs) show(hash);
  return differs;
}

void Shell::Inner::show(std::uint64_t hash) {
  SDL_SetRenderDrawColor(renderer, ui.c.canvas & 0xFF, (ui.c.canvas >> 8) & 0xFF, (ui.c.canvas >> 16) & 0xFF, 255);
  SDL_RenderClear(renderer);
  ImGui_ImplSDLRenderer2_RenderDrawData(ImGui::GetDrawData());
  SDL_RenderPresent(renderer);
  shown = hash;
  ++counts.presented;
}

void Shell::Inner::write_semantics(bool rests) {
  if (!writer.open()) return;
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  if (rests) rest_unsaid = false;
  writer.offer(view::to_json(ui.semantics, {.built = counts.built, .presented = counts.presented, .heard = heard, .rests = rests,
                                            .w = static_cast<int>(size.x), .h = static_cast<int>(size.y)}));
}

/// What assistive technology may know. Of a window that nobody sees nothing is drawn, so nothing of it is known either: a lock may
/// have passed over it.
void Shell::Inner::publish() {
  if (hidden) return accessibility->publish({}, {.title = options.title});
  WindowFacts facts{.title = options.title, .active = (SDL_GetWindowFlags(window) & SDL_WINDOW_INPUT_FOCUS) != 0, .density = density()};
  SDL_GetWindowPosition(window, &facts.x, &facts.y);
  SDL_GetWindowSize(window, &facts.w, &facts.h);
  accessibility->publish(ui.semantics, facts);
}

/// One thing for each frame, as a person would.
void Shell::Inner::take_asked() {
  if (ui.asked) base::wipe(ui.asked->text);
  ui.asked = accessibility->take();
  if (ui.asked) need = kSettle;
}

int Shell::Inner::wait_ms(const Client& client) const {
  std::optional<Millis> at = hidden ? std::nullopt : ui.wake_at;
  if (const auto own = client.deadline(); own && (!at || *own < *at)) at = std::max(*own, idle_again);
  if (copied_hash && (!at || clear_at < *at)) at = clear_at;
  const Millis now = clock.monotonic();
  if (writer.pending() && (!at || now + kRetryWriting < *at)) at = now + kRetryWriting;
  if (!at) return -1;
  return static_cast<int>(std::clamp<std::int64_t>((*at - now).count(), 0, 24 * 3600 * 1000));
}

Result<Shell> Shell::open(const Options& options, const base::Clock& clock) {
  auto inner = std::make_unique<Inner>(options, clock);
  DOORSTEP_TRY_ASSIGN(inner->files, read_font_files(options.fonts));
  DOORSTEP_TRY(inner->open_window());
  return Shell(std::move(inner));
}

Shell::Shell(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Shell::Shell(Shell&&) noexcept = default;
Shell& Shell::operator=(Shell&&) noexcept = default;
Shell::~Shell() = default;

Waker Shell::waker() const { return inner_->waker; }
Shell::Counts Shell::counts() const { return inner_->counts; }
void Shell::stop() { inner_->running = false; }

void Shell::set_text_scale(float scale) {
  if (inner_->options.text_scale == scale) return;
  inner_->options.text_scale = scale;
  inner_->fonts_stale = true;
  inner_->need = kSettle;
}

void Shell::set_look(view::Look look) {
  if (inner_->ui.look == look) return;
  inner_->ui.set_look(look);
  inner_->fonts_stale = true;  // the style holds colours too
  inner_->need = kSettle;
}

void Shell::set_photo(std::shared_ptr<const state::Pixels> photo) {
  if (inner_->photo == photo) return;
  inner_->photo = std::move(photo);
  inner_->make_photo();
  inner_->need = kSettle;
}

void Shell::redraw() { inner_->need = kSettle; }

void Shell::clear_clipboard() { inner_->clear_clipboard(); }

void Shell::run(const Client& given) {
  Inner& s = *inner_;
  Client client = given;
  if (!client.poll) client.poll = [] { return false; };
  if (!client.notice) client.notice = [](Notice) {};
  if (!client.deadline) client.deadline = [] { return std::optional<Millis>(); };
  ImGui::SetCurrentContext(s.context);
  s.running = true;
  s.need = kSettle;
  while (s.running) {
    SDL_Event event;
    if (s.need == 0 || s.hidden) {
      const int wait = s.wait_ms(client);
      wait < 0 ? SDL_WaitEvent(nullptr) : SDL_WaitEventTimeout(nullptr, wait);  // leaves the event for the loop below
      ++s.counts.woken;
    }
    const Millis now = s.clock.monotonic();  // deadlines pass also while somebody types without a pause
    if (!s.hidden && s.ui.wake_at && *s.ui.wake_at <= now) s.need = std::max(s.need, 1);
    if (s.copied_hash && s.clear_at <= now) s.clear_clipboard();
    if (const auto at = client.deadline(); at && *at <= now && s.idle_again <= now) {
      s.idle_again = now + kIdleAgain;
      client.notice(Notice::Idle);
    }
    while (s.running && SDL_PollEvent(&event) == 1) {
      if (event.type == s.waker.inner_->event) {
        s.waker.inner_->sent = false;
      } else {
        s.hear(event, client);
      }
    }
    s.writer.flush();
    if (client.poll()) s.need = kSettle;
    if (!s.running) break;
    s.take_asked();
    const bool draws = s.need > 0 && !s.hidden;
    bool differs = false;
    if (draws) {
      --s.need;
      differs = s.frame(client);  // may ask for more
    }
    if (s.context->InputEventsQueue.Size > 0 || s.fonts_stale) s.need = std::max(s.need, 1);
    if (std::any_of(s.ui.unseen.begin(), s.ui.unseen.end(), [&](char32_t c) { return s.seen.count(c) == 0; }) &&
        s.seen.size() < limits::kSeenCodePoints) {
      s.need = std::max(s.need, 2);  // draw again with the letters that were missing
    }
    s.rest_unsaid |= draws;
    const bool rests = s.rest_unsaid && s.need == 0 && !s.ui.animating && !s.waker.inner_->sent;
    if (differs || rests) s.write_semantics(rests);
    if (s.accessibility->listens()) s.publish();
  }
}

Result<Shell::Picture> Shell::capture() {
  Inner& s = *inner_;
  ImGui::SetCurrentContext(s.context);
  ImDrawData* data = ImGui::GetDrawData();
  if (!data || !data->Valid) return Error{Fault::NotFound, "shell.capture", "nothing has been drawn yet"};
  Picture out;
  SDL_GetRendererOutputSize(s.renderer, &out.w, &out.h);
  out.rgb.resize(static_cast<std::size_t>(out.w) * static_cast<std::size_t>(out.h) * 3);
  SDL_SetRenderDrawColor(s.renderer, s.ui.c.canvas & 0xFF, (s.ui.c.canvas >> 8) & 0xFF, (s.ui.c.canvas >> 16) & 0xFF, 255);
  SDL_RenderClear(s.renderer);
  ImGui_ImplSDLRenderer2_RenderDrawData(data);
  if (SDL_RenderReadPixels(s.renderer, nullptr, SDL_PIXELFORMAT_RGB24, out.rgb.data(), out.w * 3) != 0) {
    return Error{Fault::Io, "shell.capture", SDL_GetError()};
  }
  s.shown.reset();  // the back buffer was used
  return out;
}

}  // namespace doorstep::shell
