#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""What a screen reader does with the windows on a screen: finds things by their names and uses them.

reader.py                        succeeds where it can work; the exit status is 77 where it is not installed
reader.py wait WINDOW ROLE NAME  until it is there and takes input; prints its place on the screen: x y width height
reader.py choose WINDOW LIST ITEM
reader.py menu PROGRAM NAME...   goes through PROGRAM's menus
"""
import sys
import time

MISSING = 77  # exit status where it is not installed

try:
    import gi

    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi, GLib
except (ImportError, ValueError) as error:
    print(error, file=sys.stderr)
    sys.exit(MISSING)

PATIENCE = 60  # seconds for something to come, and to stand still
REST = 0.5  # seconds in which nothing moves that stands still


def children(thing):
    if not thing:
        return []
    found = (thing.get_child_at_index(place) for place in range(thing.get_child_count()))
    return [child for child in found if child]


def search(thing, name, role=None):
    """Below a thing; name, role: None = any."""
    for child in children(thing):
        fits = name in (None, child.get_name()) and role in (None, child.get_role())
        found = child if fits else search(child, name, role)
        if found:
            return found
    return None


def if_it(thing, state):
    """The thing, if it is in this state."""
    return thing if thing and thing.get_state_set().contains(state) else None


def wait_for(what, look):
    """What look() finds, as soon as it does. Programs come, go and change while they are read."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            Atspi.get_desktop(0).clear_cache()
            found = look()
            if found:
                return found
        except GLib.Error:
            pass
        time.sleep(0.1)
    sys.exit(f"there is no {what}")


def find_program(name):
    programs = children(Atspi.get_desktop(0))
    return next((program for program in programs if program.get_name().startswith(name)), None)


def find_window(title):
    windows = (window for program in children(Atspi.get_desktop(0)) for window in children(program))
    return next((window for window in windows if window.get_name() == title), None)


def find(title, role, name):
    """What takes input."""
    return if_it(search(find_window(title), name, role), Atspi.StateType.SENSITIVE)


def get_place(thing):
    place = thing.get_extents(Atspi.CoordType.SCREEN)
    return place.x, place.y, place.width, place.height


def wait(title, role, name):
    def find_resting():
        found = find(title, getattr(Atspi.Role, role), name)
        place = found and get_place(found)
        time.sleep(REST)
        return place if found and place == get_place(found) else None

    print(*wait_for(f"{name} in {title} that stands still", find_resting))


def choose(title, name, item):
    """Opens a list and chooses."""
    def find_list():
        return find(title, Atspi.Role.COMBO_BOX, name)

    def find_item():
        return if_it(search(find_list(), item, Atspi.Role.MENU_ITEM), Atspi.StateType.SHOWING)

    def is_chosen():
        found = find_list()
        return found and found.get_selected_child(0).get_name() == item

    wait_for(f"list {name}", find_list).do_action(0)
    wait_for(f"{item} in {name}", find_item).do_action(0)
    wait_for(f"{item} chosen in {name}", is_chosen)


def menu(program, *names):
    """Opens menu after menu and chooses the last."""
    def find_item(count):
        found = search(find_program(program), None, Atspi.Role.MENU_BAR)
        for name in names[:count]:
            found = search(found, name)
        return if_it(found, Atspi.StateType.SENSITIVE)

    for count, name in enumerate(names, 1):
        wait_for(f"{name} in the menus", lambda count=count: find_item(count)).do_action(0)


def main():
    Atspi.init()
    Atspi.get_desktop(0)
    actions = {"wait": wait, "choose": choose, "menu": menu}
    if len(sys.argv) > 1:
        actions[sys.argv[1]](*sys.argv[2:])


main()
