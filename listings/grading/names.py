"""What column names say about a table: whose rows they are, and what must not be taken for a person's.

All patterns are matched against folded names (`words.folded_name`): Simplified, lower case, "_" around every part.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

NAME_OF_PERSON = re.compile(
    "姓名|名字(?!_?数)|联系人|联络人|连络人|负责人|法人(?!单位|名称|库|类型|数|机构|证|股)|代表人|户主|收件人|收货人|寄件人|发件人|申请人|申报人|持卡人|投保人|被保险人"
    "|受益人|业主|租客|租户|房东|乘客|旅客|经办人|承办人|管理人|监护人|家长|当事人|原告|被告|嫌疑人|死者|驾驶员|司机|承租人|借款人|董事长|总经理|里长|村长|校长|院长"
    "|医生|医师|教师|老师|班主任|配偶|真名|人员$|人员_$|签收人|委托人|受托人|报案人|报名人|参保人|权利人|购买人|付款人|收款人|患者_$|病人_$|员工_$|学生_$|父亲|母亲"
    "|_(?:full_?name|real_?name|true_?name|person|person_?name|contact_person|contact_name|contact|customer_?name|client_name"
    "|patient_?name|student_?name|employee_?name|staff_name|member_name|owner_?name|owner|applicant|recipient|consignee|receiver"
    "|first_?name|last_?name|given_?name|surname|family_?name|guardian|driver|passenger|cardholder|account_holder|xm|xingming|name_cn|cname|chinese_name|english_name)_"
)
# Names that may be of persons or of things: believed when nearly all values are frequent persons' names.
PERHAPS_A_NAME = re.compile(
    "^_(?:name|names|名|客户|用户|会员|学生|员工|患者|病人|教师|昵称|称呼|username|user_name|user|customer|member|人名)_$"
)
# Authors, artists, athletes and historical persons are named in public, as such.
PUBLIC_NAME = re.compile(
    "作者|著者|编者|译者|诗人|词人|歌手|导演|编剧|主演|画家|书法家|朝代|_(?:author|authors|poet|artist|composer|director|writer|editor|publisher)_"
)
NAME_OF_THING = re.compile(
    "名称|公司|企业|单位|机构|学校|医院|品名|品种|商品|产品|药品|菜|城市|地名|街道|区县|行政区|省份|国家|地区|村里|乡镇|市区|站|线路|疾病|项目|指标|部门|岗位|职位|职业|标题|题名|书名|科室"
    "|_(?:country|region|city|province|state|place|company|organization|organisation|product|brand|title|school|hospital|district|street|county|station|category|type|job|position|department)_"
)
HOME_ADDRESS = re.compile(
    "住址|家庭地址|家庭住|户籍|户口|居住|常住|现住|收货地址|收件地址|寄件地址|送货地址|配送地址|身份证地址|个人地址|本人地址"
    "|_(?:home_address|home_addr|residential_address|residence|shipping_address|delivery_address|domicile|jtzz|hjdz|xzz)_"
)
FACILITY_ADDRESS = re.compile(
    "单位地址|公司地址|企业地址|机构地址|学校地址|医院地址|注册地址|经营地址|办公地址|工作地址|店铺地址|门店地址|场所地址|站点地址|站址|项目地址|登录地址|访问地址|_(?:company_address|office_address|registered_address|business_address|school_address|work_address|ip|url|web|mac|email|wallet)_|网址|邮箱地址|邮件地址|mac地址|ip"
)
FACILITY = re.compile(
    "(?:所|校|院|店|馆|园|站|场|厂|庙|宇|中心|公司|企业|单位|机构|场所|设施|商户|商家|门店|店铺|组织|社团|团体|学校|医院|药店|酒店|民宿|幼儿园|网点|项目|活动|数据集|资料集)(?:中文|全)?(?:名称|名)_?$|主管机关|^_名称_$"
    "|_(?:company_name|shop_name|store_name|facility|school_name|hospital_name|shelter|institution|organization_name|merchant|merchant_name|dataset)_"
)
# A contact of an office stands for it; the rows are then the office's, not the person's.
CONTACT = re.compile(
    "联系人|联络人|连络人|负责人|法人|代表人|管理人|经办人|承办人|里长|村长|校长|院长|董事长|总经理|_contact"
)
PERSON_ATTRIBUTE = re.compile(
    "性别|年龄|岁数|民族|婚姻|学历|政治面貌|籍贯|身高|体重|血型|出生|生日|身份证|国籍|职业|户籍|与户主关系"
    "|_(?:gender|sex|age|marital|ethnicity|education|birth|birthday|dob|nationality)_"
)
PERSON_KEY = re.compile(
    "(?:患者|病人|住院|门诊|病历|就诊|病案|会员|客户|用户|学生|员工|职工|被保险人|参保|居民|个人|乘客|司机|受试者)(?:_?(?:号|id|编号|编码|标识|卡号|代码))|学号|工号|学籍号|社保号|医保号|准考证|_openid_|_unionid_"
    "|_(?:patient|user|member|customer|client|student|employee|person|subject|driver|rider|passenger|cust|emp)_?(?:id|no|number|code)_|_(?:userid|mrn|uin)_"
)
MOVING_KEY = re.compile(
    "车辆|车牌|车号|设备|终端|手机|司机|骑手|_(?:vehicle|taxi|car|truck|bike|device|imei|phone|driver|rider|plate|vin|terminal)(?:_?(?:id|no|number))?_"
)
AGE = re.compile("年龄(?!段|组|层|结构)|岁数|_age_(?!group|range|band)")
AGGREGATE = re.compile(
    "数$|数_$|人数|例数|人次|人口|户数|率_?$|合计|总计|总数|小计|占比|比例|平均|均值|同比|环比"
    "|_(?:count|total|population|cases|deaths|confirmed|recovered|rate|ratio|percent|average|mean|median|sum|incidence)_"
)
BIOMETRIC = re.compile(
    "指纹(?!锁)|人脸|面部|面容|虹膜|声纹|掌纹|掌静脉|指静脉|步态|生物特征|生物识别|基因|_dna_|_(?:fingerprint|face_(?:id|feature|vector|embedding|template|image)|faceid|facial|iris|iris_(?:code|template)|voiceprint|palm|palmprint|biometric|genome|genotype)_"
)
HEALTH = re.compile(
    "诊断|病史|病名|病种|病情|病症|疾病|症状|主诉|用药|药物|药品|处方|过敏|手术|检验结果|检查结果|体检|血型|血压|血糖|残疾|病历(?!号)|既往|传染|孕产|怀孕|健康状况|健康状态|治疗|疫苗|核酸"
    "|_(?:diagnosis|diagnoses|disease|symptom|symptoms|medication|medications|drug|prescription|allergy|allergies|medical_history|condition|blood_type|blood_pressure|surgery|disability|icd|icd10|treatment|health|health_status|vaccine)_"
)
# Such a column says by itself that each row is a patient.
HEALTH_OF_A_PERSON = re.compile(
    "诊断(?!标准|编码|代码)|病史|主诉|过敏史|过敏药|既往|处方|血型|检查结果|检验结果|_(?:diagnosis|medical_history|allergies|blood_type|prescription)_"
)
RELIGION = re.compile("宗教|信仰|教派|教别|_(?:religion|faith|religious_belief|belief)_")
RELIGION_OF_A_PERSON = re.compile("宗教信仰|信仰宗教|个人信仰|_(?:religion|faith|religious_belief)_")
# Numbers of things: a number that stands there is the thing's, unless nearly every value says otherwise.
CODE_OF_THING = re.compile(
    "订单|单号|流水|编号|序号|编码|代码|批号|货号|条码|发票|运单|快递|工单|_(?:order|serial|code|sku|barcode|tracking|invoice|batch|uid|uuid|isbn|issn|trace|txn|transaction|sn|seq)_"
)
QUANTITY = re.compile(
    "金额|数量|产值|产量|销量|销售额|收入|支出|人口|总额|总值|余额|价格|单价|时间戳|面积|gdp|_(?:amount|quantity|population|revenue|sales|price|value|total|sum|count|timestamp|ts|area|volume|balance)_"
)
VERSION = re.compile("版本|固件|_(?:version|ver|firmware|release|build)_|section|章节|条款")
LATITUDE = re.compile("纬度|_(?:lat|latitude|wd|gps_lat|start_lat)_|_y坐标_?|坐标y")
LONGITUDE = re.compile("经度|_(?:lon|lng|long|longitude|jd|gps_lon|gps_lng|start_lon|start_lng)_|_x坐标_?|坐标x")
POSITION = re.compile(
    "坐标|位置|经纬度|轨迹|_(?:location|position|gps|coordinates|coordinate|latlng|lnglat|geo|trajectory|track|point|geometry)_"
)
TIME = re.compile("时间|时刻|日期|_(?:time|timestamp|datetime|date|ts|gps_time|loctime)_")
NOT_THE_TIME = re.compile(
    "创建|更新|成立|注册|登记|建成|发布|截止|_(?:created|updated|create|update|modified|founded)_"
)


@dataclass(frozen=True)
class TableNames:
    """The folded names of a table's columns and what follows from them."""

    folded: Sequence[str]
    has_facility: bool = field(init=False)
    has_person_attribute: bool = field(init=False)
    has_person_key: bool = field(init=False)
    is_aggregate: bool = field(init=False)

    def __post_init__(self) -> None:
        for attribute, pattern in (
            ("has_facility", FACILITY),
            ("has_person_attribute", PERSON_ATTRIBUTE),
            ("has_person_key", PERSON_KEY),
            ("is_aggregate", AGGREGATE),
        ):
            object.__setattr__(self, attribute, any(pattern.search(name) for name in self.folded))


def is_blank(folded: str) -> bool:
    """Tell whether a column has no name of its own: blank, "col3", "列3", "f2", or a number."""
    return re.fullmatch(r"_(?:(?:col|column|c|f|field|列|字段|v|var|unnamed)?_?\d*)?_?", folded) is not None
