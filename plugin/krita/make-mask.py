#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Writes a Krita file that holds nothing but an empty transparency mask.

make-mask.py FILE.kra
"""
import sys
import zipfile

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE DOC PUBLIC '-//KDE//DTD krita 2.0//EN' 'http://www.calligra.org/DTD/krita-2.0.dtd'>
<DOC xmlns="http://www.calligra.org/DTD/krita" syntaxVersion="2.0" editor="Krita">
 <IMAGE name="P3M" mime="application/x-kra" width="1" height="1" x-res="72" y-res="72"
        colorspacename="RGBA" profile="sRGB-elle-V2-srgbtrc.icc">
  <layers>
   <layer name="P3M" filename="layer" nodetype="grouplayer" passthrough="0" compositeop="normal"
          opacity="255" visible="1" x="0" y="0">
    <masks>
     <mask name="P3M" filename="mask" nodetype="transparencymask" visible="1" x="0" y="0"/>
    </masks>
   </layer>
  </layers>
 </IMAGE>
</DOC>
"""
TILES = "VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 1\nDATA 0\n"


def write(archive, name, data, method=zipfile.ZIP_DEFLATED):
    entry = zipfile.ZipInfo(name)  # of 1980: the same file every time
    entry.compress_type = method
    entry.external_attr = 0o100644 << 16
    archive.writestr(entry, data)


with zipfile.ZipFile(sys.argv[1], "w") as file:
    write(file, "mimetype", "application/x-krita", zipfile.ZIP_STORED)
    write(file, "maindoc.xml", DOCUMENT)
    write(file, "P3M/layers/mask.pixelselection", TILES)
    write(file, "P3M/layers/mask.pixelselection.defaultpixel", b"\xff")
