"""Registration of property in data (数据产权登记): application, review, publicity, objections, certificate."""
