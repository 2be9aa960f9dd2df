"""CVAT's XML written by hand from its public description, as its exports are."""

import zipfile

LABELS = """
      <labels>
        <label>
          <name>car</name>
          <color>#ff8000</color>
          <type>any</type>
          <attributes>
            <attribute>
              <name>brand</name>
              <mutable>False</mutable>
              <input_type>select</input_type>
              <default_value>none</default_value>
              <values>none
Lada
Žiguli</values>
            </attribute>
            <attribute>
              <name>moving</name>
              <mutable>True</mutable>
              <input_type>checkbox</input_type>
              <default_value>false</default_value>
              <values></values>
            </attribute>
          </attributes>
        </label>
        <label>
          <name>body</name>
          <color>#0000ff</color>
          <type>skeleton</type>
          <attributes></attributes>
          <svg>&lt;circle data-label-name="head"&gt;&lt;/circle&gt;</svg>
        </label>
        <label>
          <name>head</name>
          <color>#123456</color>
          <type>points</type>
          <attributes></attributes>
          <parent>body</parent>
        </label>
        <label>
          <name>foot</name>
          <color>#654321</color>
          <type>points</type>
          <attributes></attributes>
          <parent>body</parent>
        </label>
      </labels>"""


CUBOID = " ".join(
    f'{axis}{corner}{face}="{index}.5"'
    for index, (face, corner, axis) in enumerate(
        (face, corner, axis) for face in "12" for corner in ("tl", "bl", "tr", "br") for axis in "xy"
    )
)

SHAPES = f"""
    <box label="car" source="manual" occluded="1" xtl="1.50" ytl="2.00" xbr="30.25" ybr="40.00" rotation="33.50"
         z_order="2" group_id="4">
      <attribute name="brand">Žiguli</attribute>
      <attribute name="moving">true</attribute>
    </box>
    <ellipse label="car" source="auto" occluded="0" cx="20.00" cy="30.00" rx="5.00" ry="7.50" z_order="0"></ellipse>
    <polygon label="car" occluded="0" points="1.00,2.00;3.00,4.00;5.50,6.00" z_order="-1"></polygon>
    <polyline label="car" points="1.00,2.00;3.00,4.00"/>
    <points label="car" points="7.00,8.00"/>
    <cuboid label="car" {CUBOID}/>
    <mask label="car" source="semi-auto" occluded="0" rle="1, 2, 3" left="10" top="20" width="3" height="2"/>
    <skeleton label="body" source="manual" z_order="1">
      <points label="head" source="manual" outside="0" occluded="1" points="4.00,5.00"/>
      <points label="foot" source="manual" outside="1" occluded="0" points="6.00,7.00"/>
    </skeleton>
    <tag label="car" source="manual"><attribute name="brand">Lada</attribute></tag>
"""


def document(meta, *body):
    """A whole file."""
    inner = "\n".join(body)
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>'
    return f"{head}\n{meta}\n{inner}\n</annotations>\n"


def task(name="cars", size=3, mode="annotation", *, start=0, step=1, subset="Train", labels=LABELS, extra="", number=7):
    """What is said of a task."""
    stop = start + step * (size - 1)
    frame_filter = f"step={step}" if step > 1 else ""
    return f"""
    <task>
      <id>{number}</id><name>{name}</name><size>{size}</size><mode>{mode}</mode><overlap>0</overlap>
      <bugtracker></bugtracker><created>2024-05-06 07:08:09+00:00</created><subset>{subset}</subset>
      <start_frame>{start}</start_frame><stop_frame>{stop}</stop_frame><frame_filter>{frame_filter}</frame_filter>
      <segments><segment><id>1</id><start>0</start><stop>{size - 1}</stop><url>u</url></segment></segments>
      <owner><username>eve</username><email></email></owner>{labels}{extra}
    </task>"""


def meta(inner, outside=""):
    """The element around what is said of the task."""
    return f"<meta>{inner}<dumped>2024-05-06</dumped>{outside}</meta>"


def image(number, name, *shapes, size=(60, 80), more=""):
    """A picture."""
    height, width = size
    return f'<image id="{number}" name="{name}" {more} width="{width}" height="{height}">{"".join(shapes)}</image>'


def save(path, text, encoding="utf-8"):
    """Write a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def pack(path, members):
    """Write a zip of names and bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path
