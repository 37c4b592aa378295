"""Starting Python instances that have their modules loaded already (`preload` of a manifest).

Most of the processor time of a Python consumer that is started goes into loading its libraries, at every start anew.
A server process loads them once (`server`) and forks a process for each instance, which then runs the manifest's
command from its beginning. `preloader` asks it to, and has the process as `subprocess.Popen` would. The instance is a
process of its own: its environment, directory, output, process group, signals and exit status are what the contract
says.
"""

from warren.worlds.real.preloading.preloader import Preloader

__all__ = ["Preloader"]
