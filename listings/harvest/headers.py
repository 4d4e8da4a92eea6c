"""Chinese headings that providers write over the columns of a manifest, and the fields that they mean.

Keys are Simplified, without spaces and stars; Traditional headings are folded before they are looked up.
"""

from collections.abc import Mapping

HEADERS: Mapping[str, str] = {
    "编号": "source_id",
    "来源编号": "source_id",
    "资源编号": "source_id",
    "数据资源名称": "title.zh-Hans",
    "数据集名称": "title.zh-Hans",
    "数据资源名称(英文)": "title.en",
    "数据资源说明": "description.zh-Hans",
    "数据集说明": "description.zh-Hans",
    "产品名称": "name.zh-Hans",
    "产品名称(英文)": "name.en",
    "产品简介": "summary.zh-Hans",
    "产品简介(英文)": "summary.en",
    "应用场景": "scenario.zh-Hans",
    "产品类型": "product_type",
    "所属行业": "industry",
    "行业": "industry",
    "语言": "language",
    "数据来源": "source_kind",
    "加工程度": "processing",
    "权利类型": "rights",
    "个人信息": "personal_data",
    "地域范围": "region_scope",
    "起始日期": "time_from",
    "截止日期": "time_to",
    "更新频率": "frequency",
    "购买方类型": "buyer_kinds",
    "购买方地域": "buyer_regions",
    "允许转售": "resale_allowed",
    "转售": "resale_allowed",
    "允许出境": "export_allowed",
    "交易场所": "venue",
    "价格": "price.amount",
    "币种": "price.currency",
    "使用目的": "terms.purposes",
    "使用地域": "terms.territories",
    "使用期限(天)": "terms.term_days",
    "使用条款": "terms.text.zh-Hans",
    "公开样例": "sample_rows_public",
}
