"""Cities of the demo's dealers, its sales reps and its warehouses."""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """A city: local name, state or province, postal code, country, position, time zone, telephone prefix."""

    name: str
    state: str
    postal: str
    country: str
    latitude: float
    longitude: float
    zone: str
    phone: str


_CN = "Asia/Shanghai"
CITIES: dict[str, City] = {
    "ningbo": City("宁波", "浙江省", "315000", "CN", 29.8683, 121.5440, _CN, "0574"),
    "hangzhou": City("杭州", "浙江省", "310000", "CN", 30.2741, 120.1551, _CN, "0571"),
    "shanghai": City("上海", "上海市", "200040", "CN", 31.2304, 121.4737, _CN, "021"),
    "suzhou": City("苏州", "江苏省", "215000", "CN", 31.2989, 120.5853, _CN, "0512"),
    "nanjing": City("南京", "江苏省", "210000", "CN", 32.0603, 118.7969, _CN, "025"),
    "wuxi": City("无锡", "江苏省", "214000", "CN", 31.4912, 120.3119, _CN, "0510"),
    "hefei": City("合肥", "安徽省", "230000", "CN", 31.8206, 117.2272, _CN, "0551"),
    "beijing": City("北京", "北京市", "100020", "CN", 39.9042, 116.4074, _CN, "010"),
    "tianjin": City("天津", "天津市", "300000", "CN", 39.0842, 117.2009, _CN, "022"),
    "jinan": City("济南", "山东省", "250000", "CN", 36.6512, 117.1201, _CN, "0531"),
    "qingdao": City("青岛", "山东省", "266000", "CN", 36.0671, 120.3826, _CN, "0532"),
    "dalian": City("大连", "辽宁省", "116000", "CN", 38.9140, 121.6147, _CN, "0411"),
    "shenyang": City("沈阳", "辽宁省", "110000", "CN", 41.8057, 123.4315, _CN, "024"),
    "zhengzhou": City("郑州", "河南省", "450000", "CN", 34.7466, 113.6254, _CN, "0371"),
    "xian": City("西安", "陕西省", "710000", "CN", 34.3416, 108.9398, _CN, "029"),
    "wuhan": City("武汉", "湖北省", "430000", "CN", 30.5928, 114.3055, _CN, "027"),
    "changsha": City("长沙", "湖南省", "410000", "CN", 28.2282, 112.9388, _CN, "0731"),
    "chengdu": City("成都", "四川省", "610000", "CN", 30.5728, 104.0668, _CN, "028"),
    "chongqing": City("重庆", "重庆市", "400000", "CN", 29.5630, 106.5516, _CN, "023"),
    "kunming": City("昆明", "云南省", "650000", "CN", 24.8801, 102.8329, _CN, "0871"),
    "guangzhou": City("广州", "广东省", "510000", "CN", 23.1291, 113.2644, _CN, "020"),
    "shenzhen": City("深圳", "广东省", "518000", "CN", 22.5431, 114.0579, _CN, "0755"),
    "foshan": City("佛山", "广东省", "528000", "CN", 23.0218, 113.1219, _CN, "0757"),
    "xiamen": City("厦门", "福建省", "361000", "CN", 24.4798, 118.0894, _CN, "0592"),
    "fuzhou": City("福州", "福建省", "350000", "CN", 26.0745, 119.2965, _CN, "0591"),
    "nanning": City("南宁", "广西壮族自治区", "530000", "CN", 22.8170, 108.3665, _CN, "0771"),
    "hamburg": City("Hamburg", "Hamburg", "20457", "DE", 53.5511, 9.9937, "Europe/Berlin", "+49 40"),
    "munich": City("München", "Bayern", "80331", "DE", 48.1351, 11.5820, "Europe/Berlin", "+49 89"),
    "cologne": City("Köln", "Nordrhein-Westfalen", "50667", "DE", 50.9375, 6.9603, "Europe/Berlin", "+49 221"),
    "leeds": City("Leeds", "West Yorkshire", "LS1 4AP", "GB", 53.8008, -1.5491, "Europe/London", "+44 113"),
    "bristol": City("Bristol", "Bristol", "BS1 5TY", "GB", 51.4545, -2.5879, "Europe/London", "+44 117"),
    "singapore": City("Singapore", "", "068896", "SG", 1.2903, 103.8520, "Asia/Singapore", "+65"),
    "dubai": City("Dubai", "Dubai", "00000", "AE", 25.2048, 55.2708, "Asia/Dubai", "+971 4"),
    "portland": City("Portland", "OR", "97205", "US", 45.5152, -122.6784, "America/Los_Angeles", "+1 503"),
    "chicago": City("Chicago", "IL", "60607", "US", 41.8781, -87.6298, "America/Chicago", "+1 312"),
    "lyon": City("Lyon", "Auvergne-Rhône-Alpes", "69002", "FR", 45.7640, 4.8357, "Europe/Paris", "+33 4"),
    "utrecht": City("Utrecht", "Utrecht", "3511 LN", "NL", 52.0907, 5.1214, "Europe/Amsterdam", "+31 30"),
    "melbourne": City("Melbourne", "VIC", "3000", "AU", -37.8136, 144.9631, "Australia/Melbourne", "+61 3"),
    "kl": City("Kuala Lumpur", "", "50450", "MY", 3.1390, 101.6869, "Asia/Kuala_Lumpur", "+60 3"),
    "gothenburg": City("Göteborg", "Västra Götaland", "411 03", "SE", 57.7089, 11.9746, "Europe/Stockholm", "+46 31"),
}

# code, name, e-mail, phone, territory, territory name
REPS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("R01", "林若溪", "lin.ruoxi@larkmoor.example", "+86 574 5550 0101", "EAST", "华东 East China"),
    (
        "R02",
        "周启明",
        "zhou.qiming@larkmoor.example",
        "+86 574 5550 0102",
        "CHINA",
        "全国其他地区 North, West and South China",
    ),
    ("R03", "Hannah Voss", "hannah.voss@larkmoor.example", "+86 574 5550 0103", "EXPORT", "海外 Export"),
)

# code, name, share of the stock
WAREHOUSES: tuple[tuple[str, str, float], ...] = (
    ("NGB", "Ningbo central warehouse 宁波中心仓", 0.62),
    ("FOS", "Foshan south warehouse 佛山华南仓", 0.26),
    ("RTM", "Rotterdam depot 鹿特丹海外仓", 0.12),
)

STREETS_CN = (
    "解放路",
    "人民路",
    "中山路",
    "建设路",
    "和平路",
    "文化路",
    "新华路",
    "湖滨路",
    "东风路",
    "学院路",
    "桂花路",
    "梧桐路",
)
DISTRICTS_CN = ("滨江店", "老城店", "万福店", "新区店", "东门店", "湖畔店")
EAST = {"ningbo", "hangzhou", "shanghai", "suzhou", "nanjing", "wuxi", "hefei"}
