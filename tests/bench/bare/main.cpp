// bare_window FD: what "start to first frame" is measured beside. One window of SDL2 and Dear ImGui, as large and drawn by the same
// renderer as ours; writes a line to the descriptor when the first frame is on the screen, and ends.
#include <SDL.h>
#include <imgui.h>
#include <imgui_impl_sdl2.h>
#include <imgui_impl_sdlrenderer2.h>
#include <unistd.h>

#include <cstdlib>
#include <initializer_list>

int main(int argc, char** argv) {
  if (argc != 2 || SDL_Init(SDL_INIT_VIDEO | SDL_INIT_EVENTS) != 0) return 1;
  SDL_Window* window = SDL_CreateWindow("Bare", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, 1280, 800, SDL_WINDOW_RESIZABLE);
  SDL_Renderer* renderer = nullptr;
  for (const char* name : {"opengles2", "opengl", "software"}) {
    SDL_SetHintWithPriority(SDL_HINT_RENDER_DRIVER, name, SDL_HINT_OVERRIDE);
    renderer = SDL_CreateRenderer(window, -1, 0);
    if (renderer) break;
  }
  if (!renderer) return 1;
  ImGui::CreateContext();
  ImGui_ImplSDL2_InitForSDLRenderer(window, renderer);
  ImGui_ImplSDLRenderer2_Init(renderer);
  SDL_Event event;
  while (SDL_PollEvent(&event) == 1) ImGui_ImplSDL2_ProcessEvent(&event);
  ImGui_ImplSDLRenderer2_NewFrame();
  ImGui_ImplSDL2_NewFrame();
  ImGui::NewFrame();
  ImGui::Begin("Bare");
  ImGui::TextUnformatted("Nothing in it");
  ImGui::End();
  ImGui::Render();
  SDL_RenderClear(renderer);
  ImGui_ImplSDLRenderer2_RenderDrawData(ImGui::GetDrawData());
  SDL_RenderPresent(renderer);
  return write(std::atoi(argv[1]), "\n", 1) == 1 ? 0 : 1;
}
