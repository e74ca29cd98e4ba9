"""Words shared by all products: colours, materials, categories and attributes, in both languages."""

from __future__ import annotations

from typing import NamedTuple


class Tone(NamedTuple):
    """A colour: code for the SKU, names and how it is drawn."""

    code: str
    en: str
    zh: str
    rgb: tuple[int, int, int]


COLOURS: dict[str, Tone] = {
    "graphite": Tone("GR", "Graphite", "石墨黑", (66, 68, 72)),
    "cream": Tone("CR", "Cream", "奶油白", (236, 228, 208)),
    "white": Tone("WH", "Porcelain white", "瓷白", (247, 245, 240)),
    "forest": Tone("FO", "Forest green", "森林绿", (66, 98, 78)),
    "sage": Tone("SA", "Sage", "鼠尾草绿", (156, 174, 150)),
    "terracotta": Tone("TE", "Terracotta", "陶土红", (184, 96, 68)),
    "ocean": Tone("OC", "Ocean blue", "海洋蓝", (62, 96, 130)),
    "indigo": Tone("IN", "Indigo", "靛蓝", (50, 62, 102)),
    "mustard": Tone("MU", "Mustard", "芥末黄", (208, 160, 66)),
    "blush": Tone("BL", "Blush", "藕粉", (218, 174, 164)),
    "sand": Tone("SD", "Sand", "沙色", (208, 190, 160)),
    "steel": Tone("ST", "Brushed steel", "拉丝不锈钢", (192, 196, 200)),
    "copper": Tone("CO", "Copper", "古铜", (184, 118, 80)),
    "black": Tone("BK", "Matt black", "哑光黑", (48, 49, 52)),
    "clear": Tone("CL", "Clear", "透明", (206, 220, 224)),
    "smoke": Tone("SM", "Smoke grey", "烟灰", (134, 138, 144)),
    "amber": Tone("AM", "Amber", "琥珀色", (206, 150, 84)),
    "beech": Tone("BE", "Beech", "榉木色", (214, 172, 124)),
    "walnut": Tone("WA", "Walnut", "胡桃木色", (126, 86, 58)),
    "acacia": Tone("AC", "Acacia", "相思木色", (168, 112, 70)),
    "bamboo": Tone("BA", "Bamboo", "竹本色", (218, 184, 126)),
    "linen": Tone("LI", "Natural linen", "亚麻本色", (214, 202, 180)),
}

MATERIALS: dict[str, tuple[str, str]] = {
    "carbon": ("Carbon steel", "碳钢"),
    "iron": ("Enamelled cast iron", "珐琅铸铁"),
    "steel": ("18/8 stainless steel", "304 不锈钢"),
    "aluminium": ("Forged aluminium, ceramic coating", "锻造铝，陶瓷涂层"),
    "tin": ("Aluminised steel, non-stick", "镀铝钢，不粘涂层"),
    "blade": ("High-carbon stainless steel", "高碳不锈钢"),
    "beech": ("Oiled beech", "上油榉木"),
    "acacia": ("Acacia", "相思木"),
    "bamboo": ("Bamboo", "竹"),
    "walnut": ("Walnut", "胡桃木"),
    "silicone": ("Food-grade silicone", "食品级硅胶"),
    "porcelain": ("Porcelain", "高温白瓷"),
    "stoneware": ("Reactive-glaze stoneware", "窑变釉炻瓷"),
    "glass": ("Borosilicate glass", "高硼硅玻璃"),
    "crystal": ("Lead-free crystal", "无铅水晶玻璃"),
    "cotton": ("Washed cotton", "水洗棉"),
    "linen": ("Linen and cotton", "棉麻"),
    "paper": ("Unbleached paper", "本色纸"),
    "cork": ("Cork", "软木"),
}

TOPS: dict[str, tuple[str, str, tuple[int, int, int]]] = {
    "CK": ("Cookware", "锅具", (196, 180, 158)),
    "BK": ("Bakeware", "烘焙用具", (214, 184, 160)),
    "KN": ("Knives & boards", "刀具与砧板", (160, 172, 186)),
    "KT": ("Kitchen tools", "厨房小工具", (150, 176, 172)),
    "TW": ("Tableware", "餐具", (176, 184, 168)),
    "DR": ("Drinkware", "杯壶", (156, 180, 192)),
    "TC": ("Tea & coffee", "茶与咖啡", (190, 172, 154)),
    "ST": ("Storage & linen", "收纳与布艺", (182, 170, 186)),
}

CATEGORIES: dict[str, tuple[str, str, str]] = {
    "pans": ("CK", "Pans", "煎锅"),
    "pots": ("CK", "Pots & casseroles", "汤锅与炖锅"),
    "woks": ("CK", "Woks & steamers", "炒锅与蒸笼"),
    "tins": ("BK", "Tins & trays", "模具与烤盘"),
    "baking": ("BK", "Baking tools", "烘焙工具"),
    "knives": ("KN", "Knives", "刀具"),
    "boards": ("KN", "Boards", "砧板"),
    "utensils": ("KT", "Utensils", "铲勺"),
    "prep": ("KT", "Prep tools", "备餐工具"),
    "plates": ("TW", "Plates", "盘碟"),
    "bowls": ("TW", "Bowls", "碗钵"),
    "cutlery": ("TW", "Cutlery & chopsticks", "刀叉与筷子"),
    "serving": ("TW", "Serving", "上菜用具"),
    "glasses": ("DR", "Glasses", "玻璃杯"),
    "cups": ("DR", "Mugs & cups", "杯具"),
    "bottles": ("DR", "Bottles & jugs", "水瓶与水壶"),
    "tea": ("TC", "Tea", "茶具"),
    "coffee": ("TC", "Coffee", "咖啡器具"),
    "storage": ("ST", "Food storage", "食品收纳"),
    "textiles": ("ST", "Kitchen linen", "厨房布艺"),
}

ATTRIBUTES: dict[str, tuple[str, str]] = {
    "colour": ("Colour", "颜色"),
    "size": ("Size", "规格"),
    "material": ("Material", "材质"),
    "dishwasher": ("Dishwasher safe", "可用洗碗机"),
    "carton": ("Carton", "装箱"),
}

UNITS_ZH: dict[str, str] = {"piece": "件", "pair": "双", "set": "套", "box": "盒", "roll": "卷", "pack": "包"}
