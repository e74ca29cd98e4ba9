"""The columns of a product file."""

from __future__ import annotations

import keyword
import re
from decimal import Decimal

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from dealers.intake.columns import Choice, Column, Day, Ean, Number, Text, Whole, YesNo
from dealers.intake.rows import Cell
from pricing.catalogue.models import LARGEST_FACTOR, UNECE_CODES, Unit

ATTRIBUTE = "attribute:"
ATTRIBUTE_ZH = "attribute_zh:"
LONGEST_DESCRIPTION = 20_000

_SPELLINGS: dict[str, tuple[str, ...]] = {
    Unit.PIECE: ("pc", "pcs", "pieces", "each", "ea", "件", "个", "只", "把", "台", "支"),
    Unit.PAIR: ("pairs", "双", "对", "副"),
    Unit.SET: ("sets", "套"),
    Unit.BOX: ("boxes", "盒"),
    Unit.ROLL: ("rolls", "卷"),
    Unit.PACK: ("packs", "package", "包"),
    Unit.METRE: ("m", "meter", "metres", "米"),
    Unit.KILOGRAM: ("kg", "kilo", "千克", "公斤"),
    Unit.LITRE: ("l", "liter", "litres", "升"),
    Unit.DOZEN: ("dz", "dozens", "打"),
    Unit.CASE: ("cases", "cs", "中箱"),
    Unit.CARTON: ("cartons", "ctn", "ctns", "箱", "外箱", "整箱", "大箱"),
    Unit.PALLET: ("pallets", "plt", "托盘", "托", "栈板"),
}
UNITS: dict[str, str] = {
    word.casefold(): unit.value
    for unit in Unit
    for word in (unit.value, UNECE_CODES[unit], *_SPELLINGS[unit])
}  # fmt: skip

#: Kilograms in one unit of weight.
WEIGHTS: dict[str, Decimal] = {
    "kg": Decimal(1),
    "g": Decimal("0.001"),
    "lb": Decimal("0.45359237"),
    "oz": Decimal("0.028349523125"),
}
WEIGHT_WORDS = {
    **{unit: unit for unit in WEIGHTS},
    "千克": "kg",
    "公斤": "kg",
    "克": "g",
    "lbs": "lb",
    "磅": "lb",
}

#: The packing units a product file has columns for, with the words people use for each.
PACKINGS: dict[str, tuple[tuple[str, ...], str]] = {
    Unit.BOX: (("inner box", "inner", "盒", "内盒"), ""),
    Unit.CASE: (("case", "中箱"), ""),
    Unit.CARTON: (("carton", "ctn", "master carton", "箱", "外箱", "整箱"), "24"),
    Unit.PALLET: (("pallet", "托盘", "栈板"), "960"),
}
_QUANTITY_WORDS = (
    "{} qty",
    "qty per {}",
    "quantity per {}",
    "units per {}",
    "pieces per {}",
    "{}数量",
    "每{}数量",
    "{}装数",
)
_EAN_WORDS = ("{} ean", "{} barcode", "{} gtin", "{}条码", "{}条形码")
_WEIGHT_WORDS = ("{} weight", "{}重量", "{}毛重")


def packing_columns() -> tuple[Column, ...]:
    """Quantity, EAN and weight of every packing unit; an empty quantity takes the unit away."""
    columns: list[Column] = []
    for code, (words, example) in PACKINGS.items():
        unit = Unit(code).label
        said = [
            tuple(each.format(word) for each in kinds for word in words)
            for kinds in (_QUANTITY_WORDS, _EAN_WORDS, _WEIGHT_WORDS)
        ]
        columns += (
            Whole(f"{code}_quantity", format_lazy(_("Sales units in a {unit}"), unit=unit), minimum=2,
                  maximum=LARGEST_FACTOR, also=said[0], example=example),
            Ean(f"{code}_ean", format_lazy(_("EAN of the {unit}"), unit=unit), also=said[1],
                example="16901234567899" if code == Unit.CARTON else ""),
            Number(f"{code}_weight_kg", format_lazy(_("Weight of the {unit}, kg"), unit=unit), places=3, minimum=0,
                   maximum=9_999_999, also=said[2]),
        )  # fmt: skip
    return tuple(columns)


COLUMNS: tuple[Column, ...] = (
    Text("sku", _("SKU"), required=True, max_length=64, example="PAN-24",
         also=("item", "item number", "part number", "product number", "article", "货号", "商品编码", "产品编号")),
    Text("name_en", _("Name"), required=True, max_length=255, example="Frying pan, 24 cm",
         also=("name", "product name", "title", "英文名称", "名称", "品名")),
    Text("name_zh", _("Chinese name"), max_length=255, example="煎锅 24 厘米",
         also=("chinese name", "中文名称", "产品名称")),
    Text("model", _("Model"), max_length=100, also=("style", "型号", "款号"), example="PAN"),
    Text("model_name_en", _("Model name"), max_length=255, also=("model name", "型号名称"), example="Frying pan"),
    Text("model_name_zh", _("Chinese model name"), max_length=255, also=("型号中文名称",), example="煎锅"),
    Text("category_en", _("Category"), max_length=1000, example="Cookware > Pans",
         also=("category", "product category", "分类", "类别", "英文分类")),
    Text("category_zh", _("Chinese category"), max_length=1000, also=("中文分类",), example="炊具 > 平底锅"),
    Text("brand", _("Brand"), max_length=100, also=("品牌",), example="Hearth"),
    Choice("unit", _("Unit"), words=UNITS, also=("uom", "sales unit", "单位", "计量单位"), example="piece"),
    Ean("ean", _("EAN"), also=("barcode", "gtin", "upc", "ean13", "条码", "条形码"), example="6901234567892"),
    Whole("order_multiple", _("Order multiple"), minimum=1, maximum=1_000_000, example="6",
          also=("pack size", "multiple", "起订倍数", "包装数量")),
    Whole("minimum_quantity", _("Minimum order quantity"), minimum=1, maximum=1_000_000, example="6",
          also=("moq", "minimum order", "起订量", "最小起订量")),
    Number("weight_kg", _("Weight"), places=9, minimum=0, maximum=9_999_999, also=("weight", "重量", "重量kg"),
           example="1.2"),
    Choice("weight_unit", _("Unit of weight"), words=WEIGHT_WORDS, also=("重量单位",), example="kg"),
    Text("description_en", _("Description"), max_length=LONGEST_DESCRIPTION, lines=True,
         also=("description", "英文描述", "描述"), example="Aluminium, for every hob."),
    Text("description_zh", _("Chinese description"), max_length=LONGEST_DESCRIPTION, lines=True,
         also=("chinese description", "中文描述"), example="铝制，适用于各种炉灶。"),
    Text("image", _("Pictures"), max_length=2000, also=("picture", "photo", "images", "图片", "图片文件"),
         example="pan-24.jpg;pan-24-side.jpg"),
    Number("recommended_retail_price", _("Recommended retail price"), places=2, minimum=0, maximum=999_999_999_999,
           also=("rrp", "msrp", "retail price", "建议零售价", "零售价"), example="199.00"),
    YesNo("available", _("Available"), also=("active", "上架", "可售"), example="yes"),
    Day("discontinued_on", _("Discontinued on"), also=("end date", "sell end date", "停产日期", "下架日期")),
    Text("replaced_by", _("Replaced by"), max_length=64, example="PAN-24-II",
         also=("replacement", "successor", "superseded by", "替代品", "替代货号", "替换为")),
    *packing_columns(),
)  # fmt: skip

_CODE = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII | re.IGNORECASE)


def attribute_column(name: str) -> Text | None:
    """The column for `attribute:<code>` or `attribute_zh:<code>`; None for any other name or a code Oscar refuses."""
    for prefix in (ATTRIBUTE, ATTRIBUTE_ZH):
        code = name.removeprefix(prefix)
        if code != name and len(code) <= 100 and _CODE.fullmatch(code) and not keyword.iskeyword(code):
            return Text(name, code, max_length=255)
    return None


def kilograms(weight: Cell, unit: str | None) -> Decimal | None:
    """A weight in kilograms, rounded to the gram."""
    return round(weight * WEIGHTS[unit or "kg"], 3) if isinstance(weight, Decimal) else None
